# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Completion of valhalla-gateway for bash. It knows no option: --help of the program says which there are, and which of
# them are followed by a file.

_valhalla_gateway() {
    local typed=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} help kind
    # bash has cut the words at '=' as well.
    if [[ $typed == '=' ]]; then
        typed=''
    elif [[ $before == '=' ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    COMPREPLY=()
    help=$("${COMP_WORDS[0]}" --help 2>/dev/null)
    if [[ $before == --* ]]; then
        kind=$(sed -n "s/^  $before \([A-Z:]\{1,\}\) .*/\1/p" <<<"$help")
        case $kind in
            FILE | PATH) compopt -o default 2>/dev/null ;;
        esac
        [[ -z $kind ]] || return
    fi
    mapfile -t COMPREPLY < <(compgen -W "$(sed -n 's/^  \(-h,\)\{0,1\}\(--[a-z-]*\) .*/\2/p' <<<"$help")" -- "$typed")
}

complete -F _valhalla_gateway valhalla-gateway
