-- The library and its tests run on 5.1 to 5.4 and LuaJIT: a global is known where all of them have it.
std = "min"
max_line_length = 120
cache = false
exclude_files = { "build" }

files["lua/studio/emulator"].std = "min+ngx_lua"
files["spec"].std = "max+busted"
files["*.rockspec"].std = "rockspec"
files[".busted"].std = "min"
files[".luacheckrc"].std = "luacheckrc"
