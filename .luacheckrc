-- A global is known where any of Lua 5.1 to 5.4 and LuaJIT has it; the suite, run under both ends,
-- finds what one of them lacks.
std = "max"
max_line_length = 140
cache = false
exclude_files = { "build", "types" }

files["lua/studio/emulator"].std = "max+ngx_lua"
files["examples/nginx"].std = "max+ngx_lua"
files["examples/love"].std = "max+love"
files["spec"].std = "max+busted"
files["examples/flows/order_bot_spec.lua"].std = "max+busted"
files[".luacheckrc"].std = "luacheckrc"
