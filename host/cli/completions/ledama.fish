# Completion of ledama for fish: ledama completions fish | source
function __ledama_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete (count $words) $words "$current" 2>/dev/null)
        switch $line
            case ':nospace'
            case ':files*'
                set -l suffix (string replace -r '^:files ?' '' -- $line)
                set -l option (string match -r -- '^--[^=]*=' "$current")
                set -l path (string replace -r -- '^--[^=]*=' '' "$current")
                for file in (__fish_complete_path "$path")
                    if test -z "$suffix"; or string match -qr -- "(/|\\$suffix)(\t|\$)" $file
                        echo "$option$file"
                    end
                end
            case '*'
                echo $line
        end
    end
end
complete -c ledama -f -k -a '(__ledama_complete)'
