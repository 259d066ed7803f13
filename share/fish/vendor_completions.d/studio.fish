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
