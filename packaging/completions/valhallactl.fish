# SPDX-License-Identifier: Apache-2.0
#
# Completion of valhallactl for fish. It knows no command: the program itself is asked what fits.

function __valhallactl_complete
    set -l before (commandline -opc)
    set -l typed (commandline -ct)
    set -l lines ($before[1] --complete $before[2..-1] "$typed" 2>/dev/null)
    if test "$lines[1]" = ':files'
        __fish_complete_path "$typed"
    else
        printf '%s\n' $lines
    end
end

complete -c valhallactl -f -a '(__valhallactl_complete)'
