# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Completion of valhallactl for bash. It knows no command: the program itself is asked what fits.

# A word as the shell would hand it over: with the home directory instead of its tilde.
_valhallactl_expand() {
    expanded=$1
    if [[ $1 =~ ^~([A-Za-z0-9_.-]*)(/.*)?$ ]]; then
        local home
        eval "home=~${BASH_REMATCH[1]}" # nothing but a name can be in it
        expanded=$home${BASH_REMATCH[2]-}
    fi
}

_valhallactl() {
    # bash has cut the words at '=' and ':' as well: put those together again that stand without a blank between them.
    local words=() i word before rest=${COMP_LINE-} joined=0 expanded=''
    for ((i = 0; i <= COMP_CWORD; ++i)); do
        word=${COMP_WORDS[i]}
        before=${rest%%[![:space:]]*}
        rest=${rest#"$before"}
        rest=${rest#"$word"}
        ((i > 0)) || continue
        if [[ -z $before && ${#words[@]} -gt 0 ]] && { ((joined)) || [[ $word == [:=]* ]]; }; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
        joined=0
        if [[ $word == *[:=] ]]; then joined=1; fi
    done
    ((${#words[@]})) || words=('')

    # What stands in front of the last cut stays where it is: only what follows is replaced.
    local typed=${words[-1]} behind='' cuts=''
    [[ $COMP_WORDBREAKS != *=* ]] || cuts+='='
    [[ $COMP_WORDBREAKS != *:* ]] || cuts+=':'
    if [[ -n $cuts && $typed == *["$cuts"]* ]]; then
        behind=${typed%"${typed##*["$cuts"]}"}
    fi
    for ((i = 0; i + 1 < ${#words[@]}; ++i)); do
        _valhallactl_expand "${words[i]}"
        words[i]=$expanded
    done
    _valhallactl_expand "${COMP_WORDS[0]}"
    local line program=$expanded
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == ':files' ]]; then
            compopt -o default 2>/dev/null
            return
        fi
        line=${line%%$'\t'*}
        COMPREPLY+=("${line#"$behind"}")
    done < <("$program" --complete "${words[@]}" 2>/dev/null)
    if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

complete -F _valhallactl valhallactl
