# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Completion of valhallactl for bash. It knows no command: the program itself is asked what fits.

_valhallactl() {
    # bash has cut the words at '=' as well: put them together again, as the program will see them.
    local words=() i line joined=0
    for ((i = 1; i <= COMP_CWORD; ++i)); do
        if [[ ${COMP_WORDS[i]} == '=' && ${#words[@]} -gt 0 ]]; then
            words[-1]+='='
            joined=1
        elif ((joined)); then
            words[-1]+=${COMP_WORDS[i]}
            joined=0
        else
            words+=("${COMP_WORDS[i]}")
        fi
    done

    local typed=${words[-1]-} behind=''
    if [[ $typed == *=* && $COMP_WORDBREAKS == *=* ]]; then
        behind=${typed%=*}= # stays where it is; only what follows is replaced
    fi
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == ':files' ]]; then
            compopt -o default 2>/dev/null
            return
        fi
        line=${line%%$'\t'*}
        COMPREPLY+=("${line#"$behind"}")
    done < <("${COMP_WORDS[0]}" --complete "${words[@]}" 2>/dev/null)
    if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

complete -F _valhallactl valhallactl
