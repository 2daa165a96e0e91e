#compdef valhallactl
# SPDX-License-Identifier: Apache-2.0
#
# Completion of valhallactl for zsh; installed as _valhallactl. It knows no command: the program itself is asked what
# fits.

_valhallactl() {
    local line word
    local -a suggested
    for line in "${(@f)$("${(Q)words[1]}" --complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        if [[ $line == ':files' ]]; then
            _files
            return
        fi
        [[ -n $line ]] || continue
        # _describe cuts at the first colon that has no backslash.
        word=${line%%$'\t'*}
        suggested+=("${word//:/\\:}:${line#*$'\t'}")
    done
    (($#suggested)) || return 1
    if [[ $words[CURRENT] == *= || $suggested[1] == *=:* ]]; then
        _describe 'valhallactl' suggested -S ''
    else
        _describe 'valhallactl' suggested
    fi
}

if [[ $funcstack[1] == _valhallactl ]]; then
    _valhallactl "$@"
else
    compdef _valhallactl valhallactl
fi
