--- `studio completion bash|zsh|fish`: prints what a shell reads to complete words of the command. The words themselves come from the
-- command when they are asked for, so that no script is ever behind it.
local scripts = {}

scripts.bash = [=[
# bash completion of studio; in ~/.bashrc: eval "$(studio completion bash)"
_studio() {
  local IFS=$'\n' line word last=-1 current=${COMP_WORDS[COMP_CWORD]#=}
  local -a given=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    # bash splits --output=json at the sign, and replaces what is behind it.
    if (( last >= 0 )) && [[ $word == = && ${given[last]} == --* || ${given[last]} == --*= ]]; then
      given[last]+=$word
    else
      given[++last]=$word
    fi
  done
  COMPREPLY=()
  for line in $(studio completion words -- "${given[@]}" 2>/dev/null); do
    line=${line%%$'\t'*}
    COMPREPLY+=("${line#"${given[last]%"$current"}"}")
  done
}
complete -o default -F _studio studio
]=]

scripts.zsh = [[
#compdef studio
# zsh completion of studio; in ~/.zshrc, behind compinit: eval "$(studio completion zsh)"
_studio() {
  local line
  local -a found
  while IFS= read -r line; do
    found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done < <(studio completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#found )); then _describe 'studio' found; else _files; fi
}
if [ "$funcstack[1]" = _studio ]; then _studio "$@"; else compdef _studio studio; fi
]]

scripts.fish = [[
# fish completion of studio; studio completion fish > ~/.config/fish/completions/studio.fish
function __studio_words
  set --local before (commandline --current-process --tokenize --cut-at-cursor)
  set --local found (studio completion words -- $before[2..-1] (commandline --current-token --cut-at-cursor) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\n' $found
  else
    __fish_complete_path (commandline --current-token --cut-at-cursor)
  end
end
complete --command studio --no-files --arguments '(__studio_words)'
]]

return {
  scripts = scripts,
  examples = {
    'eval "$(studio completion bash)"                                in ~/.bashrc',
    'eval "$(studio completion zsh)"                                 in ~/.zshrc, behind compinit',
    "studio completion fish > ~/.config/fish/completions/studio.fish",
  },
  describe = function(parser)
    parser:argument("shell", "bash, zsh or fish; 'words' is what their scripts ask for, with the words so far behind --.")
      :choices { "bash", "zsh", "fish", "words" }:argname "SHELL"
    parser:argument("words", "The words behind 'studio', the one that is to be completed last."):args "*":argname "WORD"
  end,
  run = function(context, arguments)
    if arguments.shell == "words" then
      local suggestions = require "studio.cli.suggestions" -- late: a shell asks
      for _, found in ipairs(suggestions.of(context.commands, arguments.words)) do
        context:out():write(("%s\t%s\n"):format(found[1], found[2]))
      end
      return 0
    end
    context:out():write(scripts[arguments.shell])
    return 0
  end,
}
