# Completion of ledama for bash: source <(ledama completions bash)
_ledama() {
    local cut file files='' i line rest=$COMP_LINE suffix='' value word
    local -a words=()
    COMPREPLY=()
    # bash also cuts at signs such as `=`: put together what no blank separates.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        line=$rest
        rest=${rest#"${rest%%[![:space:]]*}"}
        if ((i > 0)) && [[ $rest == "$line" ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
        rest=${rest#"$word"}
    done
    # What stands before the last of those signs is not replaced.
    word=${COMP_WORDS[COMP_CWORD]}
    [[ $word == [=:] ]] && word=''
    cut=${words[-1]%"$word"}
    # The program wants words without the shell's signs for blanks in them.
    for ((i = 0; i < ${#words[@]}; i++)); do
        word=${words[i]//\\/}
        words[i]=${word//[\"\']/}
    done
    while IFS= read -r line; do
        case $line in
            :nospace) compopt -o nospace 2>/dev/null ;;
            :files*) files=1 suffix=${line#:files} suffix=${suffix# } ;;
            *)
                value=${line%%$'\t'*}
                value=${value#"$cut"}
                [[ $value == *[!A-Za-z0-9_@%+=:,./-]* ]] && printf -v value '%q' "$value"
                COMPREPLY+=("$value")
                ;;
        esac
    done < <("${words[0]/#\~/$HOME}" __complete $((${#words[@]} - 1)) "${words[@]}" 2>/dev/null)
    compopt -o nosort 2>/dev/null
    if [[ -n $files ]]; then
        compopt -o filenames 2>/dev/null
        file=${words[-1]}
        [[ $file == --*=* ]] && file=${file#*=}
        if [[ -n $suffix ]]; then
            while IFS= read -r line; do COMPREPLY+=("$line"); done \
                < <(compgen -d -- "$file"; compgen -f -X "!*$suffix" -- "$file")
        else
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$file")
        fi
    fi
}
complete -F _ledama ledama
