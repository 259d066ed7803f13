# studio: `make` builds, `make help` lists the rest.

.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# The interpreters that are built for and tested, and the one of `make install`.
LUAS ?= lua5.4 luajit
LUA ?= lua5.4
OUT ?= build

SOURCES := $(sort $(wildcard csrc/*.c))

CFLAGS ?= -O2 -g
STUDIO_CFLAGS := -std=c99 -fPIC -fvisibility=hidden -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wundef $(if $(filter 1,$(WERROR)),-Werror)

CURL_CFLAGS ?= $(shell pkg-config --cflags libcurl 2>/dev/null || curl-config --cflags 2>/dev/null)
CURL_LIBS ?= $(shell pkg-config --libs libcurl 2>/dev/null || curl-config --libs 2>/dev/null || echo -lcurl)
CURL_CFLAGS := $(CURL_CFLAGS)
CURL_LIBS := $(CURL_LIBS)

ifeq ($(shell uname -s),Darwin)
SHARED := -bundle -undefined dynamic_lookup
else
SHARED := -shared
endif

# One copy of the module per interpreter: $(OUT)/<interpreter>/studio/core.so, its objects beside it.
# The flags are kept in a file, so that other flags mean another build.
define interpreter
OBJECTS_$(1) := $$(SOURCES:csrc/%.c=$(OUT)/$(1)/obj/%.o)
INCLUDE_$(1) := $(or $(LUA_INCDIR:%=-I%),$(shell build-aux/lua-include $(1)))
FLAGS_$(1) := $$(CC) $$(CPPFLAGS) $$(STUDIO_CFLAGS) $$(CFLAGS) $$(INCLUDE_$(1)) $$(CURL_CFLAGS)
LINK_$(1) := $$(SHARED) $$(CFLAGS) $$(LDFLAGS) $$(CURL_LIBS) $$(SOURCES)

$(OUT)/$(1)/studio/core.so: $$(OBJECTS_$(1)) $(OUT)/$(1)/link.flags
	@mkdir -p $$(@D)
	$$(CC) $$(SHARED) $$(CFLAGS) $$(LDFLAGS) -o $$@.$$$$$$$$ $$(OBJECTS_$(1)) $$(CURL_LIBS) && mv -f $$@.$$$$$$$$ $$@

$$(OBJECTS_$(1)): $(OUT)/$(1)/obj/%.o: csrc/%.c $(OUT)/$(1)/compile.flags | headers-$(1)
	$$(FLAGS_$(1)) -MMD -MP -c $$< -o $$@

.PHONY: headers-$(1) always
headers-$(1):
	@$$(if $$(INCLUDE_$(1)),:,echo "no headers of $(1): install its -dev package or give LUA_INCDIR=DIR" >&2; exit 1)

$(OUT)/$(1)/compile.flags: always
	@mkdir -p $(OUT)/$(1)/obj
	@echo '$$(FLAGS_$(1))' | cmp -s - $$@ || echo '$$(FLAGS_$(1))' > $$@

$(OUT)/$(1)/link.flags: always
	@mkdir -p $(OUT)/$(1)/obj
	@echo '$$(LINK_$(1))' | cmp -s - $$@ || echo '$$(LINK_$(1))' > $$@

-include $$(OBJECTS_$(1):.o=.d)
endef
$(foreach lua,$(sort $(LUAS) $(LUA)),$(eval $(call interpreter,$(lua))))

.PHONY: build clean
build: $(LUAS:%=$(OUT)/%/studio/core.so)

clean:
	rm -rf $(OUT)
