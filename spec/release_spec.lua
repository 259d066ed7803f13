-- long
-- `make release` in a small clone of its own, with a key of its own. What takes a compiler, an installation from the rock, is tried by
-- `make release TRY="lua5.4 luajit lua5.3"`.
if rawget(_G, "jit") then return end -- the same for every interpreter: one tries it

local child = require "spec.child"

local quote = child.quote

local function run(command)
  local output, status = child.shell(command .. "\necho status=$?"):match("^(.*)status=(%d+)\n$")
  return status == "0", output
end

local function succeed(command)
  local ok, output = run(command)
  assert(ok, command .. "\n" .. output)
  return output
end

describe("make release", function()
  local temp, tree

  local function in_tree(command)
    return ("cd %s && env -u OUT -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u LD_PRELOAD GIT_CONFIG_GLOBAL=/dev/null HOME=%s GNUPGHOME=%s %s")
      :format(quote(tree), quote(temp), quote(temp .. "/keys"), command)
  end

  local function commit(message)
    succeed(in_tree("git -c user.name=Nobody -c user.email=nobody@studio.test commit -q --allow-empty -am " .. message))
  end

  local function write(path, text)
    local file = assert(io.open(tree .. "/" .. path, "w"))
    file:write(text)
    file:close()
  end

  local function read(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read("*a")
    file:close()
    return text
  end

  -- The headings of a changelog up to the section 7.0.9, and what is between them.
  local function undated(changelog)
    return (changelog:gsub("%d%d%d%d%-%d%d%-%d%d", "DATE"):match("^.-## 7%.0%.9[^\n]*\n"))
  end

  -- What `make release` runs, once it has seen that its tools are there.
  local function release(words)
    return run(in_tree(words .. " build-aux/release"))
  end

  local function assert_refused(sentence, words)
    local ok, output = release(words)
    assert.is_false(ok)
    assert.is_truthy(output:find(sentence, 1, true), output)
  end

  setup(function()
    temp = child.directory()
    tree = temp .. "/tree"
    succeed("mkdir -p " .. quote(tree) .. " && cp -R Makefile build-aux csrc lua bin LICENSE .gitignore *.rockspec " .. quote(tree)
      .. " && find " .. quote(tree) .. " -name '*.o' -exec rm -f {} +")
    write("lua/studio/base/version.lua", 'local version = "7.1.0"\n\nreturn version\n')
    write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n- A thing that is new.\n\n## 7.0.9 - 2020-01-01\n\n- An old thing.\n")
    succeed(in_tree("git init -q") .. " && " .. in_tree("git add -A"))
    commit "first"
  end)

  teardown(function()
    run(in_tree("gpgconf --kill all"))
    child.remove(temp)
  end)

  it("makes archive, rockspec, rock, notes and checksums, and changes nothing else", function()
    local ok, output = run(in_tree("make -s release TRY= VERSION=7.1.0"))
    assert.is_true(ok, output)
    assert.is_truthy(output:find("they are not signed: make release VERSION=7.1.0 KEY=", 1, true), output)
    assert.equal("", succeed(in_tree("git status --porcelain")))

    local out = tree .. "/build/release/"
    local files = "NOTES.md\nSHA256SUMS\nstudio-7.1.0-1.rockspec\nstudio-7.1.0-1.src.rock\nstudio-7.1.0.tar.gz\n"
      .. "studio-cli-7.1.0-1.rockspec\nstudio-cli-7.1.0-1.src.rock\n"
    assert.equal(files, succeed("LC_ALL=C ls " .. quote(out)))
    assert.equal("- A thing that is new.\n", read(out .. "NOTES.md"))
    succeed("cd " .. quote(out) .. " && sha256sum --check --quiet SHA256SUMS")
    local packed = succeed("unzip -Z1 " .. quote(out .. "studio-7.1.0-1.src.rock") .. " | sort")
    assert.equal("studio-7.1.0-1.rockspec\nstudio-7.1.0.tar.gz\n", packed)

    assert.is_truthy(read(out .. "studio-cli-7.1.0-1.rockspec"):find('bin = { "bin/studio" }', 1, true))
    local rockspec = read(out .. "studio-7.1.0-1.rockspec")
    assert.is_truthy(rockspec:find('version = "7.1.0-1"', 1, true))
    assert.is_truthy(rockspec:find('url = "file:///[^"]*/studio%-7%.1%.0%.tar%.gz",\n  dir = "studio%-7%.1%.0",'))
    local changelog = succeed("tar -xzOf " .. quote(out .. "studio-7.1.0.tar.gz") .. " studio-7.1.0/CHANGELOG.md")
    assert.equal("# Changelog\n\n## 7.1.0 - DATE\n\n- A thing that is new.\n\n## 7.0.9 - DATE\n", undated(changelog))
  end)

  it("says in the rockspec where the archive will be, who keeps it, and where it lives", function()
    assert.is_true(release "VERSION=7.1.0 HOMEPAGE=https://host.test/studio MAINTAINER='A Person <a@host.test>'")
    local rockspec = read(tree .. "/build/release/studio-7.1.0-1.rockspec")
    for _, line in ipairs {
      'url = "https://host.test/studio/releases/download/v7.1.0/studio-7.1.0.tar.gz",', 'homepage = "https://host.test/studio",',
      'maintainer = "A Person <a@host.test>",',
    } do assert.is_truthy(rockspec:find("  " .. line, 1, true), line) end
    assert.equal(rockspec, succeed("unzip -p " .. quote(tree .. "/build/release/studio-7.1.0-1.src.rock") .. " studio-7.1.0-1.rockspec"))
  end)

  it("signs the checksums with the key that it is given", function()
    if not run("command -v gpg") then return pending("there is no gpg") end
    succeed("mkdir -m 700 " .. quote(temp .. "/keys"))
    succeed(in_tree("gpg --batch --quiet --passphrase '' --quick-generate-key release@studio.test ed25519 sign never"))
    assert_refused("gpg has no secret key 'another@studio.test'", "VERSION=7.1.0 KEY=another@studio.test")
    local ok, output = release "VERSION=7.1.0 KEY=release@studio.test"
    assert.is_true(ok, output)
    assert.is_truthy(output:find("SHA256SUMS.asc is their signature", 1, true), output)
    succeed(in_tree("gpg --batch --verify build/release/SHA256SUMS.asc build/release/SHA256SUMS"))
  end)

  it("refuses versions that are none, or not the tree's", function()
    assert_refused("which version?", "")
    assert_refused("three numbers, X.Y.Z, not 'v7.1'", "VERSION=v7.1")
    assert_refused("version.lua says 7.1.0, not 7.2.0: make release VERSION=7.2.0 PREPARE=1", "VERSION=7.2.0")
  end)

  it("refuses a tree with changes, and a tag that is another commit", function()
    write("notes.txt", "not committed")
    assert_refused("the tree has changes that are not committed:\nrelease: ?? notes.txt", "VERSION=7.1.0")
    os.remove(tree .. "/notes.txt")
    succeed(in_tree("git tag v7.1.0"))
    commit "second"
    assert_refused("the tag v7.1.0 is another commit", "VERSION=7.1.0")
    succeed(in_tree("git tag -d v7.1.0"))
  end)

  it("writes version and section into the tree where it is asked to", function()
    assert.is_true(release "VERSION=7.2.0 PREPARE=1")
    assert.equal('local version = "7.2.0"\n\nreturn version\n', read(tree .. "/lua/studio/base/version.lua"))
    local changelog = read(tree .. "/CHANGELOG.md")
    assert.equal("# Changelog\n\n## Unreleased\n\n## 7.2.0 - DATE\n\n- A thing that is new.\n\n## 7.0.9 - DATE\n", undated(changelog))
    assert.equal(" M CHANGELOG.md\n M lua/studio/base/version.lua\n", succeed(in_tree("git status --porcelain")))
    commit "prepared"
    assert.is_true(release "VERSION=7.2.0")
    assert.equal("- A thing that is new.\n", read(tree .. "/build/release/NOTES.md"))
    write("CHANGELOG.md", (changelog:gsub("## Unreleased\n", "## Unreleased\n\n- Newer still.\n")))
    commit "newer"
    assert_refused("a section 7.2.0 and something under Unreleased", "VERSION=7.2.0")
    write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n")
    commit "empty"
    assert_refused("no section 7.2.0, and nothing under Unreleased", "VERSION=7.2.0")
  end)
end)
