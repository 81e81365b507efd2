# fish completion of helios: asks 'helios complete', which knows the commands and the home.

function __helios_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l unescaped (string unescape -- $current)
    and set current $unescaped
    for line in (helios complete -- $words[2..] "$current" 2>/dev/null)
        switch $line
            case \tfiles
                __fish_complete_path (string replace -r '^--[^=]*=' '' -- $current)
            case \tdirectories
                __fish_complete_directories (string replace -r '^--[^=]*=' '' -- $current)
            case '*'
                echo $line
        end
    end
end

complete -c helios -f -a '(__helios_complete)'
