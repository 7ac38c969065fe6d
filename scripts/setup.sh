#!/usr/bin/env bash
# Installs what is missing to run the demo or the tests.
#
#	scripts/setup.sh demo        # to open the demo
#	scripts/setup.sh headless    # to open it on a virtual display
#	scripts/setup.sh check       # to run the tests that need no display
#	scripts/setup.sh test        # to run the tests
#	scripts/setup.sh windows     # to run those of Windows, under wine
#
# It asks the system for packages only when something is missing. With
# MULLION_SETUP=no it installs nothing, names what is missing and fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# needs lists: for what it is wanted | what is looked for | its package in
# Debian and Ubuntu | in Fedora | in Arch | in openSUSE. What is looked for is
# a library (lib:NAME), a command (cmd:NAME), a file (file:PATH), an input
# method of the toolkit (gtk:NAME), or any font (font:).
needs='
demo headless test | lib:libwebkit2gtk-4.1.so.0 | libwebkit2gtk-4.1-0 | webkit2gtk4.1   | webkit2gtk-4.1   | libwebkit2gtk-4_1-0
demo headless test | font:                      | fonts-dejavu-core   | dejavu-sans-fonts | ttf-dejavu     | dejavu-fonts
headless test windows | cmd:Xvfb                   | xvfb                | xorg-x11-server-Xvfb | xorg-server-xvfb | xorg-x11-server-Xvfb
headless test windows | cmd:openbox                | openbox             | openbox         | openbox          | openbox
headless test windows | cmd:xprop                  | x11-utils           | xprop           | xorg-xprop       | xprop
headless test      | cmd:import                 | imagemagick         | ImageMagick     | imagemagick      | ImageMagick
test               | cmd:WebKitWebDriver        | webkit2gtk-driver   | webkitgtk6.0    | webkitgtk-6.0    | webkit2gtk-driver
test               | cmd:weston                 | weston              | weston          | weston           | weston
test               | cmd:sway                   | sway                | sway            | sway             | sway
test               | cmd:Xorg                   | xserver-xorg-core   | xorg-x11-server-Xorg | xorg-server     | xorg-x11-server
test               | file:/usr/lib/xorg/modules/drivers/dummy_drv.so | xserver-xorg-video-dummy | xorg-x11-drv-dummy | xf86-video-dummy | xf86-video-dummy
test               | cmd:grim                   | grim                | grim            | grim             | grim
test               | cmd:wtype                  | wtype               | wtype           | wtype            | wtype
test               | cmd:xsettingsd             | xsettingsd          | xsettingsd      | xsettingsd       | xsettingsd
check test         | file:/usr/bin/ibus-daemon  | ibus                | ibus            | ibus             | ibus
test               | gtk:im-ibus.so             | ibus-gtk3           | ibus-gtk3       | ibus             | ibus-gtk3
check test         | file:/usr/share/ibus/component/libpinyin.xml | ibus-libpinyin | ibus-libpinyin | ibus-libpinyin | ibus-libpinyin
check test         | cmd:fcitx5                 | fcitx5              | fcitx5          | fcitx5           | fcitx5
test               | gtk:im-fcitx5.so           | fcitx5-frontend-gtk3 | fcitx5-gtk3    | fcitx5-gtk       | fcitx5-gtk3
check test         | file:/usr/share/fcitx5/addon/pinyin.conf | fcitx5-pinyin | fcitx5-chinese-addons | fcitx5-chinese-addons | fcitx5-chinese-addons
check test         | libexec:at-spi-bus-launcher | at-spi2-core  | at-spi2-core    | at-spi2-core     | at-spi2-core
check test         | cmd:dbus-daemon            | dbus                | dbus-daemon     | dbus             | dbus-1-daemon
test               | cmd:cc                     | gcc                 | gcc             | gcc              | gcc
test               | file:/usr/include/stdlib.h | libc6-dev           | glibc-devel     | glibc            | glibc-devel
check test         | cmd:node                   | nodejs              | nodejs          | nodejs           | nodejs-default
check test         | cmd:npm                    | npm                 | npm             | npm              | npm-default
windows            | cmd:wine                   | wine                | wine            | wine             | wine
windows            | file:/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/ntdll.dll | wine64 | wine | wine | wine
windows            | cmd:x86_64-w64-mingw32-gcc | gcc-mingw-w64-x86-64 | mingw64-gcc    | mingw-w64-gcc    | mingw64-cross-gcc
'

# Vite runs on Node 20.19, or on 22.12 and newer. Where there is neither, a Node
# for this folder alone is taken from the npm registry.
node_version=22.12.0

say() { printf 'setup: %s\n' "$*" >&2; }

fail() {
	say "$@"
	exit 1
}

# have WHAT reports whether a thing of the table is there.
have() {
	case $1 in
	lib:*) [[ $libraries == *"${1#lib:} "* ]] ;;
	cmd:*) command -v "${1#cmd:}" >/dev/null ;;
	file:*) [[ -e ${1#file:} ]] ;;
	libexec:*) compgen -G "/usr/lib*/${1#libexec:}" >/dev/null || compgen -G "/usr/lib*/at-spi2*/${1#libexec:}" >/dev/null ;;
	gtk:*) compgen -G "/usr/lib*/gtk-3.0/3.0.0/immodules/${1#gtk:}" >/dev/null || compgen -G "/usr/lib/*/gtk-3.0/3.0.0/immodules/${1#gtk:}" >/dev/null ;;
	font:) [[ -n $(find -L /usr/share/fonts /usr/local/share/fonts "${HOME:-/nonexistent}/.local/share/fonts" \
		\( -name '*.ttf' -o -name '*.otf' -o -name '*.ttc' \) -print -quit 2>/dev/null) ]] ;;
	esac
}

# missing PURPOSE COLUMN prints the packages of a column that are missing.
missing() {
	local purposes what columns package
	while IFS='|' read -r purposes what columns; do
		[[ " $purposes " == *" $1 "* ]] || continue
		read -r what <<<"$what"
		have "$what" && continue
		IFS='|' read -ra package <<<"$columns"
		read -r package <<<"${package[$2]}"
		printf '%s\n' "$package"
	done <<<"$needs" | sort -u
}

check_go() {
	command -v go >/dev/null || fail "Go is missing: install it from https://go.dev/dl/"
	# An old Go says what it lacks; one from 1.21 on fetches the version in go.mod.
	go version >/dev/null || fail "this Go cannot build the version that go.mod asks for: install it from https://go.dev/dl/"
}

# system prints the column of the table for this system, and how packages are
# installed.
system() {
	if command -v apt-get >/dev/null; then
		echo 0 apt-get install -y --no-install-recommends
	elif command -v dnf >/dev/null; then
		echo 1 dnf install -y
	elif command -v pacman >/dev/null; then
		echo 2 pacman -S --needed --noconfirm
	elif command -v zypper >/dev/null; then
		echo 3 zypper install -y
	else
		echo 0 install
	fi
}

packages() {
	local column install list as=()
	read -r column install <<<"$(system)"
	mapfile -t list < <(missing "$1" "$column")
	((${#list[@]} > 0)) || return 0

	local command="$install ${list[*]}"
	((EUID == 0)) || command="sudo $command"
	say "missing: ${list[*]}"
	if [[ $install != apt-get* ]]; then
		fail "please install them, here perhaps with: $command"
	fi
	if [[ ${MULLION_SETUP:-} == no ]]; then
		fail "please run: $command"
	fi
	if ((EUID != 0)); then
		command -v sudo >/dev/null || fail "please run as root: ${command#sudo }"
		if ! sudo -n true 2>/dev/null; then
			# With somebody there sudo may ask for the password.
			[[ -t 0 && -t 2 && ${CI:-} != true ]] || fail "please run: $command"
		fi
		as=(sudo)
	fi
	say "running: $command"
	export DEBIAN_FRONTEND=noninteractive
	local apt=("${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120)
	# The list of packages may be older than what the mirror still has.
	"${apt[@]}" update >&2 || say "apt-get update failed; going on with the lists there are"
	"${apt[@]}" install -y --no-install-recommends "${list[@]}" >&2 || fail "that failed; please run: $command"
	libraries=$(list_libraries)
	mapfile -t list < <(missing "$1" "$column")
	((${#list[@]} == 0)) || fail "still missing after that: ${list[*]}"
}

list_libraries() { { ldconfig -p 2>/dev/null || /sbin/ldconfig -p 2>/dev/null || true; } | tr '\n\t' '  '; }

# new_enough VERSION reports whether all that the tests use runs on that Node.
new_enough() {
	local major minor
	IFS=. read -r major minor _ <<<"$1"
	((major == 20 && minor >= 19 || major == 22 && minor >= 12 || major > 22))
}

node() {
	PATH=$(scripts/path.sh)
	local version
	version=$(command node -p process.versions.node)
	if ! new_enough "$version"; then
		local arch
		case $(uname -m) in
		x86_64) arch=x64 ;;
		aarch64) arch=arm64 ;;
		*) fail "Node $version is too old: install Node $node_version or newer" ;;
		esac
		say "Node $version is too old: fetching $node_version into bin/node"
		rm -rf bin/node
		mkdir -p bin/node
		npm install --silent --no-save --no-audit --no-fund --prefix bin/node "node-linux-$arch@$node_version" >&2
		ln -s "node_modules/node-linux-$arch/bin" bin/node/bin
		PATH=$(scripts/path.sh)
		command node --version >/dev/null || fail "the Node just fetched does not run: install Node $node_version or newer"
	fi
	# npm leaves its own copy of the lock file where it has installed.
	local lock dir
	for lock in internal/bridge/package-lock.json conformance/package-lock.json conformance/{libraries,templates}/package-lock.json; do
		dir=$(dirname "$lock")
		if [[ -e $lock && $dir/node_modules/.package-lock.json -ot $lock ]]; then
			say "fetching the npm packages of $dir"
			# Not "npm ci": that refuses a lock file that lacks a package for another
			# system, and npm writes such files where a registry does not have all of
			# them. What the lock file has is installed as it says.
			(cd "$dir" && npm install --loglevel=error --no-save --no-audit --no-fund) >&2 ||
				fail "npm could not install what $lock lists; its errors are above"
		fi
	done
}

purpose=${1:-}
case $purpose in
demo | headless | check | test | windows) ;;
*) fail "say what for: demo, headless, check, test or windows" ;;
esac
if [[ $(uname -s) != Linux ]]; then
	fail "windows are shown on Linux only so far, so there is nothing to set up here"
fi
check_go
libraries=$(list_libraries)
packages "$purpose"
if [[ $purpose == check || $purpose == test ]]; then
	node
fi
