# studio: `make` builds, `make help` lists the rest.

.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# The interpreters that are built for and tested, and the one of `make install`.
LUAS = lua5.4 luajit
LUA = lua5.4
OUT = build

# The Lua version each interpreter speaks, in the names of installed folders.
VERSION_lua5.1 := 5.1
VERSION_lua5.2 := 5.2
VERSION_lua5.3 := 5.3
VERSION_lua5.4 := 5.4
VERSION_lua5.5 := 5.5
VERSION_luajit := 5.1
ALL_LUAS := lua5.1 lua5.2 lua5.3 lua5.4 lua5.5 luajit
$(foreach lua,$(LUAS) $(LUA),$(if $(VERSION_$(lua)),,$(error \
	the interpreter is one of $(ALL_LUAS), not '$(lua)')))

# studio.crypto, one file, is what needs libcrypto; studio.core is all the rest.
MODULES := core crypto
SOURCES_crypto := csrc/crypto.c
SOURCES_core := $(filter-out $(SOURCES_crypto),$(sort $(wildcard csrc/*.c)))

CFLAGS ?= -O2 -g
STUDIO_CFLAGS := -std=c99 -fPIC -fvisibility=hidden -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wundef $(if $(filter 1,$(WERROR)),-Werror)

CURL_CFLAGS ?= $(shell pkg-config --cflags libcurl 2>/dev/null || curl-config --cflags 2>/dev/null)
CURL_LIBS ?= $(shell pkg-config --libs libcurl 2>/dev/null || curl-config --libs 2>/dev/null || echo -lcurl)
CRYPTO_CFLAGS ?= $(shell pkg-config --cflags libcrypto 2>/dev/null)
CRYPTO_LIBS ?= $(shell pkg-config --libs libcrypto 2>/dev/null || echo -lcrypto)
CFLAGS_core := $(CURL_CFLAGS)
CFLAGS_crypto := $(CRYPTO_CFLAGS)
# dlopen is in libc, except in older ones of Linux.
LIBS_core := $(CURL_LIBS) $(if $(filter Linux,$(shell uname -s)),-ldl)
LIBS_crypto := $(CRYPTO_LIBS)

SYSTEM := $(shell uname -s)
ifeq ($(SYSTEM),Darwin)
SHARED := -bundle -undefined dynamic_lookup
else
SHARED := -shared
endif

# One copy of each module per interpreter: $(OUT)/<interpreter>/studio/core.so and so on, their objects beside them.
# The flags are kept in files, so that other flags mean another build.
define module_rules
OBJECTS_$(1)_$(2) := $$(SOURCES_$(2):csrc/%.c=$(OUT)/$(1)/obj/%.o)
FLAGS_$(1)_$(2) := $$(CC) $$(CPPFLAGS) $$(STUDIO_CFLAGS) $$(CFLAGS) $$(INCLUDE_$(1)) $$(CFLAGS_$(2))
LINK_$(1)_$(2) := $$(SHARED) $$(CFLAGS) $$(LDFLAGS_$(2)) $$(LDFLAGS) $$(LIBS_$(2)) $$(SOURCES_$(2))

$(OUT)/$(1)/studio/$(2).so: $$(OBJECTS_$(1)_$(2)) $(OUT)/$(1)/$(2).link
	@mkdir -p $$(@D)
	$$(CC) $$(SHARED) $$(CFLAGS) $$(LDFLAGS_$(2)) $$(LDFLAGS) -o $$@.$$$$$$$$ $$(OBJECTS_$(1)_$(2)) $$(LIBS_$(2)) && mv -f $$@.$$$$$$$$ $$@

$$(OBJECTS_$(1)_$(2)): $(OUT)/$(1)/obj/%.o: csrc/%.c $(OUT)/$(1)/$(2).compile | headers-$(1)
	$$(FLAGS_$(1)_$(2)) -MMD -MP -c $$< -o $$@

$(OUT)/$(1)/$(2).compile: always
	@mkdir -p $(OUT)/$(1)/obj
	@echo '$$(FLAGS_$(1)_$(2))' | cmp -s - $$@ || echo '$$(FLAGS_$(1)_$(2))' > $$@

$(OUT)/$(1)/$(2).link: always
	@mkdir -p $(OUT)/$(1)/obj
	@echo '$$(LINK_$(1)_$(2))' | cmp -s - $$@ || echo '$$(LINK_$(1)_$(2))' > $$@

-include $$(OBJECTS_$(1)_$(2):.o=.d)
endef

define interpreter
INCLUDE_$(1) := $(or $(LUA_INCDIR:%=-I%),$(shell build-aux/lua-include $(1)))

.PHONY: headers-$(1)
headers-$(1):
	@$$(if $$(INCLUDE_$(1)),:,echo "no headers of $(1): install its -dev package or give LUA_INCDIR=DIR" >&2; exit 1)
	@build-aux/check-headers $$(CC) $$(CPPFLAGS) $$(CFLAGS) $$(INCLUDE_$(1)) $$(CURL_CFLAGS) $$(CRYPTO_CFLAGS)
endef

.PHONY: always
$(foreach lua,$(sort $(LUAS) $(LUA)),$(eval $(call interpreter,$(lua))))
$(foreach module,$(MODULES),$(foreach lua,$(sort $(LUAS) $(LUA)),$(eval $(call module_rules,$(lua),$(module)))))

.PHONY: build
build: $(foreach module,$(MODULES),$(LUAS:%=$(OUT)/%/studio/$(module).so))

# -- Set-up and programs ---------------------------------------------------------------------------

# What another target needs it installs itself, so `make demo` or `make test` alone will do. They
# build in a make of their own: what pkg-config says is read at the start, and deps may bring it.
REMAKE := $(MAKE) --no-print-directory -s
RUN = no_proxy="127.0.0.1,$$no_proxy" build-aux/with-studio $(OUT) $(LUA) $(LUA)
EMULATOR := lua/studio/emulator/main.lua

.PHONY: deps demo emulator
deps:
	@build-aux/deps build emulator test $(LUAS)

# With an account in the environment the demo talks to Twilio, without one to the local service.
ifneq (,$(and $(value TWILIO_ACCOUNT_SID),$(value TWILIO_AUTH_TOKEN)))
demo: SERVICE :=
else
demo: SERVICE := emulator
endif
demo:
	@build-aux/deps build $(SERVICE) $(LUA)
	@$(REMAKE) build LUAS=$(LUA)
	@$(RUN) $(if $(SERVICE),$(EMULATOR) -- $(LUA)) examples/quickstart.lua
	@$(if $(SERVICE),echo && $(RUN) examples/conversation.lua)

emulator:
	@build-aux/deps build emulator $(LUA)
	@$(REMAKE) build LUAS=$(LUA)
	@$(RUN) $(EMULATOR) $(PORT:%=--port %)

# The paths for programs that use this checkout without installing it, and nothing is installed for them: eval "$$(make env)".
# From 5.2 on each Lua has variables of its own, so that the lines of several do not meet.
ENV_SUFFIX = $(if $(filter-out 5.1,$(VERSION_$(LUA))),_$(subst .,_,$(VERSION_$(LUA))))
ENV_REST = $(if $(ENV_SUFFIX),$${LUA_$(1)$(ENV_SUFFIX):-$${LUA_$(1):-;}},$${LUA_$(1):-;})
.PHONY: env
env:
	@$(REMAKE) build LUAS=$(LUA) >&2
	@echo 'export LUA_PATH$(ENV_SUFFIX)="$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;$(call ENV_REST,PATH)"' \
		'LUA_CPATH$(ENV_SUFFIX)="$(CURDIR)/$(OUT)/$(LUA)/?.so;$(call ENV_REST,CPATH)"'

# -- Tests -----------------------------------------------------------------------------------------

.PHONY: test lint asan memcheck
# The module for nginx is LuaJIT's, whatever is tested. It is built by all processors, unless make was told by how many.
test: PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1))
test:
	@build-aux/deps build emulator test $(LUAS)
	@$(REMAKE) $(PARALLEL) build LUAS="$(sort $(LUAS) luajit)"
	@OUT=$(OUT) build-aux/run-tests $(LUAS)

# The versions of clang-format differ a little: this is no part of lint.
.PHONY: format
format:
	@clang-format -i csrc/*.[ch]

.PHONY: lint-deps lint-lua lint-generated lint-gcc lint-clang lint-cppcheck
lint: lint-lua lint-generated lint-gcc lint-clang lint-cppcheck

lint-deps:
	@build-aux/deps build generate lint lua5.4

lint-lua: | lint-deps
	luacheck --quiet . .busted .luacheckrc

# What is made from the tree is what would be made now.
lint-generated: | lint-deps
	@rm -rf $(OUT)/generated && mkdir -p $(addprefix $(OUT)/generated/,build-aux types docs/reference lua/studio/console)
	@cp README.md $(OUT)/generated/
	@for rockspec in $(ROCKSPECS); do cp $$rockspec $(OUT)/generated/$$rockspec && build-aux/list-modules $(OUT)/generated/$$rockspec; done
	@$(REMAKE) build LUAS=lua5.4
	@build-aux/with-studio $(OUT) lua5.4 lua5.4 build-aux/generate/run.lua $(OUT)/generated
	@for file in $$(cd $(OUT)/generated && find . -type f); do \
		cmp -s $(OUT)/generated/$$file $$file || { echo "$$file is not what 'make generate' makes" >&2; exit 1; }; done

# The C code is compiled against the headers of every Lua; those of 5.5, which few systems have, where they are.
LINT_LUAS = $(filter-out lua5.5,$(ALL_LUAS)) $(shell build-aux/lua-include lua5.5 >/dev/null && echo lua5.5)
lint-gcc lint-clang: lint-%: | lint-deps
	$(REMAKE) build OUT=$(OUT)/$@ CC=$* WERROR=1 $(if $(filter clang,$*),CFLAGS=-O0) LUAS="$(LINT_LUAS)"

# Two checks are off: variableScope is a matter of taste, and ctuuninitvar (of cppcheck 2.10) overlooks
# structs that are filled member by member.
lint-cppcheck: | lint-deps
	cppcheck --quiet --std=c99 --enable=warning,style,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --suppress=variableScope --suppress=ctuuninitvar \
		--error-exitcode=1 csrc

# The module under AddressSanitizer and UndefinedBehaviorSanitizer. They are loaded before the
# interpreter, and the module stays loaded to the end, so that reports of leaks can name its lines.
# The command curl is started without them: with Debian 12's, 7.88.1-10+deb12u15, it waits for a lock for ever.
ASAN_OUT = $(OUT)/asan
ASAN_PRELOAD = $(shell gcc -print-file-name=libasan.so):$(shell gcc -print-file-name=libubsan.so):$(CURDIR)/$(ASAN_OUT)/children.so
asan:
	@build-aux/deps build emulator test $(LUAS)
	@$(REMAKE) build OUT=$(ASAN_OUT) CC=gcc LDFLAGS="-Wl,-z,nodelete" \
		CFLAGS="-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined"
	@gcc -shared -fPIC -o $(ASAN_OUT)/children.so build-aux/asan-children.c
	@mkdir -p $(ASAN_OUT)/bin
	@printf '#!/bin/sh\nexec env -u LD_PRELOAD %s "$$@"\n' "$$(command -v curl)" >$(ASAN_OUT)/bin/curl
	@chmod +x $(ASAN_OUT)/bin/curl
	@OUT=$(ASAN_OUT) SECONDS_AT_MOST=1800 WRAPPER="env PATH=$(CURDIR)/$(ASAN_OUT)/bin:$$PATH \
		LD_PRELOAD=$(ASAN_PRELOAD) ASAN_OPTIONS=detect_leaks=1 \
		UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1" build-aux/run-tests $(LUAS)

# Here too the module stays loaded: what libcurl's own libraries keep for the life of the program
# would count as lost once they are unloaded.
memcheck:
	@build-aux/deps build emulator test memcheck $(LUAS)
	@$(REMAKE) build OUT=$(OUT)/memcheck LDFLAGS="-Wl,-z,nodelete"
	@OUT=$(OUT)/memcheck SECONDS_AT_MOST=3600 WRAPPER="valgrind --quiet --leak-check=full \
		--errors-for-leak-kinds=definite,possible --error-exitcode=9" build-aux/run-tests $(LUAS)

# The collector runs all the time, and in full before every GCSTRESS-th call of the C code that may allocate.
GCSTRESS = 2003
.PHONY: gcstress
gcstress:
	@build-aux/deps build emulator test $(LUAS)
	@$(REMAKE) build OUT=$(OUT)/gcstress CFLAGS="-g -O1 -include build-aux/gcstress.h -DGCSTRESS=$(GCSTRESS)"
	@OUT=$(OUT)/gcstress SECONDS_AT_MOST=3600 ARGS=--helper=build-aux/gcstress.lua build-aux/run-tests $(LUAS)

# Clients in several threads, each with a Lua state of its own, under ThreadSanitizer. What the module shares between them is who the
# process is, and what libcurl was initialised with. The modules stay loaded, so that suppressions can name their functions.
TSAN_OUT := $(OUT)/tsan
.PHONY: tsan
tsan:
	@build-aux/deps build emulator lua5.4
	@$(REMAKE) build OUT=$(TSAN_OUT) LUAS=lua5.4 CC=gcc LDFLAGS="-Wl,-z,nodelete" CFLAGS="-g -O1 -fsanitize=thread"
	@gcc -g -O1 -fsanitize=thread $(shell build-aux/lua-include lua5.4) spec/threads/threads.c -o $(TSAN_OUT)/threads -llua5.4
	@$(RUN) $(EMULATOR) -- env LUA_CPATH='$(TSAN_OUT)/lua5.4/?.so;;' TSAN_OPTIONS='halt_on_error=1 suppressions=build-aux/tsan.supp' \
		$(TSAN_OUT)/threads spec/threads/busy.lua 4 25

# Every allocation fails once: the interpreter's, and those of the modules and libcurl. See spec/alloc/host.c.
ALLOC_MODES_luajit := module c
ALLOC_MODES = $(or $(ALLOC_MODES_$(1)),lua c)
.PHONY: allocfail
allocfail:
	@build-aux/deps build emulator $(LUAS)
	@$(REMAKE) build $(LUAS:%=$(OUT)/alloc/%)
	@$(foreach lua,$(LUAS),echo "== $(lua)" && build-aux/with-studio $(OUT) $(lua) $(lua) spec/alloc/run.lua \
		$(OUT)/alloc/$(lua) $(call ALLOC_MODES,$(lua)) &&) true

$(LUAS:%=$(OUT)/alloc/%): $(OUT)/alloc/%: spec/alloc/host.c
	@mkdir -p $(@D)
	$(CC) -std=gnu99 -g -O1 -Wall -Wextra -rdynamic $(shell build-aux/lua-include $*) $< -o $@ $(shell pkg-config --libs $*) -ldl

# Many calls, one in a hundred into a fault, each held against the server's log. REQUESTS (100000), SOAK_PROTOCOL (http1 or http2), SEED.
.PHONY: soak
soak:
	@build-aux/deps build emulator test $(LUAS)
	@$(REMAKE) build
	@failed=0; for lua in $(LUAS); do build-aux/with-studio $(OUT) $$lua $$lua soak/run.lua || failed=1; done; exit $$failed

# Campaigns whose workers are killed and frozen, see soak/campaign.lua: SEEDS (1), CONTACTS (5000), KILLS (10), RATE (500), JOURNALS.
export SEEDS CONTACTS KILLS RATE JOURNALS FIRST TIMES
.PHONY: trial-campaign
trial-campaign:
	@build-aux/deps build emulator test lua5.4 luajit
	@$(REMAKE) build LUAS="lua5.4 luajit"
	@OUT=$(OUT) build-aux/with-studio $(OUT) lua5.4 lua5.4 soak/campaign.lua

# libFuzzer on what reads other people's bytes: SECONDS_EACH (or RUNS inputs) for each of these.
FUZZERS := json headers url
FUZZ_OUT := $(OUT)/fuzz
FUZZ_CC = clang $(STUDIO_CFLAGS) -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
export SECONDS_EACH RUNS MAX_LENGTH
.PHONY: fuzz
fuzz:
	@build-aux/deps build fuzz lua5.4
	@$(REMAKE) $(FUZZERS:%=$(FUZZ_OUT)/%)
	@for name in $(FUZZERS); do build-aux/run-fuzzer $(FUZZ_OUT) $$name || exit 1; done

$(FUZZERS:%=$(FUZZ_OUT)/%): $(FUZZ_OUT)/%: fuzz/%.c fuzz/fuzz.h $(SOURCES_core) $(wildcard csrc/*.h)
	@mkdir -p $(@D)
	$(FUZZ_CC) $(shell build-aux/lua-include lua5.4) $(CURL_CFLAGS) $< $(SOURCES_core) -o $@ -llua5.4 $(CURL_LIBS)

# -- Speed -----------------------------------------------------------------------------------------

# The table of docs/performance.md. OTHERS="node python" adds Twilio's own libraries; the one for Node goes into
# $(OUT)/bench, the one for Python is Debian's. ROUNDS and WORKS (a part of a row's name) make it shorter.
export ROUNDS WORKS OTHERS
NO_PROXY := env -u http_proxy -u https_proxy -u all_proxy -u HTTPS_PROXY -u ALL_PROXY
.PHONY: bench bench-json instructions
bench: bench-json bench-flow
	@build-aux/deps build emulator bench lua5.4 luajit $(OTHERS:%=bench-%)
	@$(REMAKE) build LUAS="lua5.4 luajit"
	@$(REMAKE) $(OUT)/bench/floor $(OUT)/bench/lua5.4/limit.so $(OUT)/bench/luajit/limit.so \
		$(if $(filter node,$(OTHERS)),$(OUT)/bench/node_modules/twilio)
	@OUT=$(OUT) $(NO_PROXY) build-aux/with-studio $(OUT) lua5.4 lua5.4 bench/run.lua

# What flow.check, flow.diff and flow.graph take for flows of 200, 2,000 and 20,000 widgets, and the steps a second of flow.simulate.
.PHONY: bench-flow
bench-flow:
	@build-aux/deps build bench $(LUAS)
	@$(REMAKE) build
	@for lua in $(LUAS); do echo "== $$lua"; build-aux/with-studio $(OUT) $$lua $$lua bench/flow.lua || exit 1; done

# What executions.export takes, keeps in memory, and leaves behind when it is killed: see the file. COUNT, KILLS.
export COUNT KILLS
.PHONY: bench-export
bench-export:
	@build-aux/deps build emulator bench $(LUAS)
	@$(REMAKE) build
	@for lua in $(LUAS); do echo "== $$lua"; $(NO_PROXY) build-aux/with-studio $(OUT) $$lua $$lua bench/export.lua || exit 1; done

# How long the console takes to show flows of 200 and 2,000 widgets in a browser.
.PHONY: bench-console
bench-console:
	@build-aux/deps build emulator pictures $(LUA)
	@$(REMAKE) build LUAS="$(sort $(LUA) luajit)"
	@$(RUN) bench/console.lua

# What executions.trigger takes beside client:map, for each journal.
.PHONY: bench-campaign
bench-campaign:
	@build-aux/deps build emulator test $(LUAS)
	@$(REMAKE) build
	@for lua in $(LUAS); do echo "== $$lua"; build-aux/with-studio $(OUT) $$lua $$lua bench/campaign.lua || exit 1; done

# JSON written by the library beside lua-cjson, on each Lua in one run.
bench-json:
	@build-aux/deps build bench lua5.4 luajit
	@$(REMAKE) build LUAS="lua5.4 luajit"
	@for lua in lua5.4 luajit; do build-aux/with-studio $(OUT) $$lua $$lua bench/encode.lua || exit 1; echo; done

$(OUT)/bench/floor: bench/floor.c bench/exchange.c bench/exchange.h
	@mkdir -p $(@D)
	$(CC) $(STUDIO_CFLAGS) -O2 $(CURL_CFLAGS) $(filter %.c,$^) -o $@ $(CURL_LIBS)

$(OUT)/bench/%/limit.so: bench/limit.c bench/exchange.c csrc/lua_gc.c bench/exchange.h csrc/lua_gc.h csrc/compat.h | headers-%
	@mkdir -p $(@D)
	$(CC) $(SHARED) $(STUDIO_CFLAGS) -O2 $(INCLUDE_$*) $(CURL_CFLAGS) $(filter %.c,$^) -o $@ $(CURL_LIBS)

$(OUT)/bench/node_modules/twilio:
	@mkdir -p $(OUT)/bench
	npm install --silent --no-audit --no-fund --prefix $(OUT)/bench twilio

# Counts instructions, which repeat exactly where times do not; fails when bench/instructions.txt says
# fewer.
instructions:
	@build-aux/deps build emulator memcheck lua5.4
	@$(REMAKE) build LUAS=lua5.4
	@OUT=$(OUT) build-aux/with-studio $(OUT) lua5.4 lua5.4 bench/instructions.lua

# -- Installation ----------------------------------------------------------------------------------

PREFIX ?= /usr/local
LUA_DIR = $(DESTDIR)$(PREFIX)/share/lua/$(VERSION_$(LUA))
LUA_CDIR = $(DESTDIR)$(PREFIX)/lib/lua/$(VERSION_$(LUA))
LUA_FILES := $(patsubst lua/%,%,$(sort $(foreach depth,* */* */*/* */*/*/* */*/*/*/*,$(wildcard lua/$(depth).lua)) \
	$(foreach kind,css html js,$(wildcard lua/studio/console/*.$(kind)))))
LUA_FOLDERS := $(filter-out ./,$(sort $(dir $(LUA_FILES))))
# The man page, and what shells read to complete words of the command.
SHARED_FILES := man/man1/studio.1 bash-completion/completions/studio zsh/site-functions/_studio fish/vendor_completions.d/studio.fish

# LuaRocks takes the one of this folder where none is named; the command is a rock of its own, which needs argparse.
ROCKSPECS := studio-scm-1.rockspec build-aux/studio-cli-scm-1.rockspec

# What is made from the tree and kept in it. `make lint` fails where making it again would change something.
.PHONY: generate
generate:
	@build-aux/deps build generate $(LUA)
	@$(REMAKE) build LUAS=$(LUA)
	@mkdir -p types docs/reference
	@for rockspec in $(ROCKSPECS); do build-aux/list-modules $$rockspec; done
	@build-aux/with-studio $(OUT) $(LUA) $(LUA) build-aux/generate/run.lua

# The pages of docs/ and the comments of the sources as a site. What ldoc warns of is an error.
.PHONY: docs
docs:
	@build-aux/deps docs
	@rm -rf $(OUT)/docs
	@ldoc --quiet --fatalwarnings --config docs/config.ld --dir $(abspath $(OUT))/docs .
	@cp -R docs/pictures $(OUT)/docs/guide/
	@$(firstword $(foreach lua,$(LUA) lua5.4 luajit lua,$(shell command -v $(lua)))) build-aux/check-links.lua $(OUT)/docs
	@echo 'the site is $(OUT)/docs/index.html'

# The pictures of docs/, which are kept in the tree. Those of the command are held by a spec to what it prints; the others Graphviz and
# Chromium of other versions draw a little otherwise.
.PHONY: pictures recordings
recordings:
	@build-aux/deps build emulator $(LUA)
	@$(REMAKE) build LUAS=$(LUA)
	@build-aux/with-studio $(OUT) $(LUA) $(LUA) build-aux/generate/record.lua

pictures: recordings
	@build-aux/deps build emulator pictures $(LUA)
	@$(REMAKE) build LUAS=$(LUA)
	@mkdir -p docs/pictures
	@build-aux/with-studio $(OUT) $(LUA) $(LUA) build-aux/generate/pictures.lua

# A release goes into $(OUT)/release, see build-aux/release. The rock of the commit that is checked out goes into $(OUT)/rock.
export VERSION KEY HOMEPAGE MAINTAINER ARCHIVES PREPARE
TRY =
.PHONY: release rock
release:
	@build-aux/deps build release
	@OUT='$(OUT)' TRY='$(TRY)' build-aux/release

rock:
	@build-aux/deps build release
	@rm -rf $(OUT)/rock && mkdir -p $(OUT)/rock
	@git archive --format=tar.gz --prefix=studio/ -o $(OUT)/rock/studio.tar.gz HEAD -- . ':(exclude)spec' ':(exclude)fuzz'
	@for rockspec in $(ROCKSPECS); do \
		sed 's|url = "file://\.",|url = "file://$(abspath $(OUT))/rock/studio.tar.gz", dir = "studio",|' $$rockspec \
			>$(OUT)/rock/$${rockspec##*/} && (cd $(OUT)/rock && luarocks pack $${rockspec##*/}) || exit 1; done

# A Debian package of library and command, for LUAS.
.PHONY: deb
deb:
	@build-aux/deps build deb $(sort $(LUAS) $(LUA))
	@$(REMAKE) build LUAS='$(sort $(LUAS) $(LUA))'
	@OUT='$(OUT)' LUAS='$(sort $(LUAS) $(LUA))' LUA=$(LUA) build-aux/deb

.PHONY: install uninstall clean help
# The commands of both are as long as the list of all files: they are not shown.
# Those of LUA_FILES that are in a folder: one program installs them all.
files_of = $(foreach file,$(LUA_FILES),$(if $(filter $(1),$(dir $(file))),"lua/$(file)"))
install: $(MODULES:%=$(OUT)/$(LUA)/studio/%.so)
	@mkdir -p $(LUA_FOLDERS:%="$(LUA_DIR)/%") "$(LUA_CDIR)/studio"
	@$(foreach folder,$(sort $(dir $(LUA_FILES))),install -m 644 $(call files_of,$(folder)) "$(LUA_DIR)/$(folder)" &&) true
	@install -m 755 $^ "$(LUA_CDIR)/studio/"
	@mkdir -p "$(DESTDIR)$(PREFIX)/bin"
	@sed -e '1s|.*|#!/usr/bin/env $(LUA)|' -e 's|^local installed = nil$$|local installed = "$(PREFIX)"|' bin/studio \
		> "$(DESTDIR)$(PREFIX)/bin/studio"
	@chmod 755 "$(DESTDIR)$(PREFIX)/bin/studio"
	@for file in $(SHARED_FILES); do mkdir -p "$(DESTDIR)$(PREFIX)/share/$${file%/*}" && \
		install -m 644 "share/$$file" "$(DESTDIR)$(PREFIX)/share/$$file" || exit 1; done
	@echo "studio for $(LUA) and the command studio are in $(DESTDIR)$(PREFIX)"

uninstall:
	@rm -f $(LUA_FILES:%="$(LUA_DIR)/%") $(MODULES:%="$(LUA_CDIR)/studio/%.so") "$(DESTDIR)$(PREFIX)/bin/studio" \
		$(SHARED_FILES:%="$(DESTDIR)$(PREFIX)/share/%")
	@for folder in $(LUA_FOLDERS:%="$(LUA_DIR)/%") "$(LUA_CDIR)/studio"; do \
		[ ! -d "$$folder" ] || find "$$folder" -depth -type d -empty -delete; done

clean:
	rm -rf $(OUT) studio csrc/*.o

help:
	@echo 'make               build the modules for $(LUAS), into $(OUT)/'
	@echo 'make demo          run examples/quickstart.lua against a local service, or against Twilio when'
	@echo '                   TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are set; LUA=luajit, or another Lua;'
	@echo '                   KEEP=1 leaves the local service there, to be seen in a browser'
	@echo 'make test          run every spec under $(LUAS)'
	@echo 'make emulator      the local Studio service, in the foreground, on PORT or a free one, run by LUA (now $(LUA))'
	@echo 'make env           prints LUA_PATH and LUA_CPATH for a program that uses this checkout with LUA (now $(LUA))'
	@echo 'make install       into PREFIX (now $(PREFIX)) for LUA (now $(LUA)); also: make uninstall'
	@echo 'make release       VERSION=X.Y.Z: archive, rockspec, rock and checksums (KEY=… signs them), in $(OUT)/release; make rock: of HEAD'
	@echo 'make deb           a Debian package of library and command for $(LUAS), in $(OUT)/deb'
	@echo 'make generate      writes what is made from the tree: annotations, reference pages, lists'
	@echo 'make docs          a site of the pages in docs/ and the comments of the sources, in $(OUT)/docs'
	@echo 'make pictures      draws those of docs/ again, with graphviz and chromium; make recordings: those of the command alone'
	@echo 'make lint          luacheck, gcc and clang with -Werror, cppcheck, and what make generate writes'
	@echo 'make format        lays the C code out as .clang-format says'
	@echo 'make asan          the specs under AddressSanitizer and UndefinedBehaviorSanitizer'
	@echo 'make memcheck      the specs under valgrind'
	@echo 'make tsan          clients in several threads under ThreadSanitizer'
	@echo 'make gcstress      the specs with a collector that never rests'
	@echo 'make allocfail     every allocation fails once, the interpreter'"'"'s and those of the modules and libcurl'
	@echo 'make soak          REQUESTS=100000 calls, 1 % of them into faults, each held against the server'"'"'s log;'
	@echo '                   SOAK_PROTOCOL=http2 does so over TLS'
	@echo 'make fuzz          libFuzzer on the JSON decoder, headers and URLs, SECONDS_EACH=60 for each; fuzz/flow.lua runs by itself'
	@echo 'make bench-flow    how long checking, comparing and drawing flows takes, and how fast they run'
	@echo 'make bench-export  what an export of many Executions takes, and whether it outlives being killed'
	@echo 'make bench-campaign  contacts a second with each journal; make trial-campaign: who is called, whatever dies'
	@echo 'make bench-console how long the console takes to show large flows, in a browser'
	@echo 'make bench         speed beside libcurl alone, as ratios; make instructions: what CI checks'
	@echo 'make deps          install what these need and is missing, with apt; demo, test and the rest'
	@echo '                   do so themselves'
	@echo 'make clean         remove $(OUT)/, and what luarocks make left here'
