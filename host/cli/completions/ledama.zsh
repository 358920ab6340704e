#compdef ledama
# Completion of ledama for zsh: source <(ledama completions zsh)
_ledama() {
    local line value help files= suffix= found=1
    local -a candidates more
    while IFS= read -r line; do
        case $line in
            :nospace) more=(-S '') ;;
            :files*) files=1 suffix=${${line#:files}# } ;;
            *)
                value=${line%%$'\t'*} help=${line#*$'\t'}
                candidates+=("${value//:/\\:}${help:+:$help}")
                ;;
        esac
    done < <("${(Q)words[1]/#\~/$HOME}" __complete $((CURRENT - 1)) "${(@Q)words[1,CURRENT]}" 2>/dev/null)
    # Names of modules are found without regard to case.
    if (( $#candidates )); then
        _describe -V ledama candidates "$more[@]" -M 'm:{a-zA-Z}={A-Za-z}' && found=0
    fi
    if [[ -n $files ]]; then
        [[ $PREFIX == --*=* ]] && compset -P '*='
        if [[ -n $suffix ]]; then
            _files -g "*$suffix" && found=0
        else
            _files && found=0
        fi
    fi
    return found
}
if [[ $funcstack[1] == _ledama ]]; then
    _ledama "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _ledama ledama
fi
