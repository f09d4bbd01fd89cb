#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Packages for the lab from a newer Debian suite, without touching the system: a private apt
# configuration under the lab's build folder that reuses the mirror this machine already uses.
# Reads /etc/apt and /etc/os-release; writes below $LAB only. Exit status 77 means "cannot be had
# here" (no Debian mirror, no network, no such package), with a line "skip: reason" on stderr.
set -eu

SUITE=trixie
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
LISTS_MAX_AGE_DAYS=7

usage()
{
	cat >&2 <<-END
	usage: LAB=DIR apt.sh update                     refresh the private package lists
	       LAB=DIR apt.sh get PKG[:ARCH][/SUITE]...  download, print each .deb's path
	       LAB=DIR apt.sh unpack DEST PKG[:ARCH][/SUITE]...  the same, and unpack
	       LAB=DIR apt.sh source PKG                 download the upstream tarball, print its path
	       LAB=DIR apt.sh closure ARCH PKG...        print the packages that PKG... need, with PKG
	       LAB=DIR apt.sh kernel ARCH                print the newest 7.x cloud kernel's release
	END
	exit 2
}

skip()
{
	echo "skip: $*" >&2
	echo "$*" > "$LAB/skip"	# for prepare.sh: make does not hand on a recipe's exit status
	exit 77
}

# The first mirror that serves this release's main component: "deb [opts] URI SUITE COMPONENTS"
# lines and deb822 stanzas alike.
find_mirror()
{
	{
		for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
			[ -r "$f" ] && sed -n 's/^deb  *\(\[[^]]*\]  *\)\{0,1\}//p' "$f"
		done
		for f in /etc/apt/sources.list.d/*.sources; do
			[ -r "$f" ] && awk '
				function flush(   i, j, n, m, u, s) {
					if (types ~ /(^| )deb( |$)/ && enabled != "no") {
						n = split(uris, u); m = split(suites, s)
						for (i = 1; i <= n; i++)
							for (j = 1; j <= m; j++)
								print u[i], s[j], comps
					}
					types = uris = suites = comps = enabled = ""
				}
				/^#/ { next }
				/^[ \t]*$/ { flush(); next }
				{ key = tolower($1); $1 = ""; sub(/^ /, "") }
				key == "types:" { types = $0 }
				key == "uris:" { uris = $0 }
				key == "suites:" { suites = $0 }
				key == "components:" { comps = $0 }
				key == "enabled:" { enabled = tolower($0) }
				END { flush() }' "$f"
		done
	} | awk -v suite="$codename" '$2 == suite && / main( |$)/ { print $1; exit }'
}

configure()
{
	[ -n "${LAB:-}" ] || usage
	mkdir -p "$LAB/apt/lists/partial" "$LAB/apt/cache/archives/partial" "$LAB/dl"
	LAB=$(cd "$LAB" && pwd)	# apt wants absolute paths
	exec 9> "$LAB/apt/lock"
	flock 9			# make -j runs several of these
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	mirror=$(find_mirror)
	[ -n "$mirror" ] || skip "no Debian mirror in /etc/apt (sources.list or sources.list.d)"
	[ -r $KEYRING ] || skip "$KEYRING is missing (package debian-archive-keyring)"
	cat > "$LAB/apt/sources.list.new" <<-END
	deb [signed-by=$KEYRING] $mirror $SUITE main
	deb [signed-by=$KEYRING] $mirror $SUITE-backports main
	$([ "$codename" = $SUITE ] || echo "deb [signed-by=$KEYRING] $mirror $codename main")
	deb-src [signed-by=$KEYRING] $mirror $SUITE main
	END
	cat > "$LAB/apt/apt.conf" <<-END
	Dir::State "$LAB/apt";
	Dir::State::Lists "$LAB/apt/lists";
	Dir::State::status "/dev/null";
	Dir::Cache "$LAB/apt/cache";
	Dir::Etc::SourceList "$LAB/apt/sources.list";
	Dir::Etc::SourceParts "/dev/null";
	Dir::Etc::Preferences "/dev/null";
	Dir::Etc::PreferencesParts "/dev/null";
	APT::Architectures { "amd64"; "arm64"; };
	APT::Sandbox::User "root";
	Acquire::Languages "none";
	Acquire::Retries "2";
	END
	export APT_CONFIG="$LAB/apt/apt.conf"
	if ! cmp -s "$LAB/apt/sources.list.new" "$LAB/apt/sources.list"; then
		mv "$LAB/apt/sources.list.new" "$LAB/apt/sources.list"
		rm -f "$LAB/apt/updated"
	fi
}

update()
{
	if [ "${1:-}" != force ] && [ -n "$(find "$LAB/apt/updated" \
			-mtime -$LISTS_MAX_AGE_DAYS 2>/dev/null)" ]; then
		return
	fi
	# apt-get update succeeds with a warning when a mirror cannot be reached: look for the lists.
	apt-get -q update > "$LAB/apt/update.log" 2>&1 || true
	if ! apt-cache show linux-libc-dev > /dev/null 2>&1; then
		tail -3 "$LAB/apt/update.log" >&2
		skip "no package lists of Debian $SUITE from $mirror (no network?)"
	fi
	! grep -q '^\(Err\|W:\)' "$LAB/apt/update.log" || return 0	# old lists still serve
	touch "$LAB/apt/updated"
}

# The names that apt-get download gives the files of these packages.
file_names()
{
	apt-cache show --no-all-versions "$@" 2>/dev/null | awk '
		function flush() {
			if (name)
				print name "_" version "_" arch ".deb"
			name = ""
		}
		/^$/ { flush() }
		$1 == "Package:" { name = $2 }
		$1 == "Architecture:" { arch = $2 }
		$1 == "Version:" { version = $2; gsub(/:/, "%3a", version) }
		END { flush() }'
}

# Into a folder of its own first: apt-get writes under the final name, and what an interrupt leaves there
# would look whole. There it goes on with it the next time. Packages that are there already it looks at only.
fetch()
{
	part=$LAB/dl/part
	mkdir -p "$part"
	for name in $names; do
		[ ! -s "$LAB/dl/$name" ] || ln -f "$LAB/dl/$name" "$part/$name"
	done
	(cd "$part" && apt-get -q download "$@" > ../download.log 2>&1) || return 1
	for name in $names; do
		[ -s "$LAB/dl/$name" ] || mv "$part/$name" "$LAB/dl/$name" || return 1
	done
	rm -rf "$part"
}

# Print the paths, or fail.
try_download()
{
	names=$(file_names "$@")
	[ -n "$names" ] && [ "$(echo "$names" | wc -l)" = $# ] || return 1
	for name in $names; do
		[ -s "$LAB/dl/$name" ] && continue
		fetch "$@" || return 1
		break
	done
	for name in $names; do
		[ -s "$LAB/dl/$name" ] || return 1
		echo "$LAB/dl/$name"
	done
}

# A file may be gone from the mirror when the lists are old: refresh them once and retry.
download()
{
	try_download "$@" && return
	update force
	try_download "$@" || skip "cannot download from $mirror: $*"
}

unpack()
{
	dest=$1
	shift
	mkdir -p "$dest"
	debs=$(download "$@")
	for deb in $debs; do
		dpkg-deb -x "$deb" "$dest"
	done
}

# apt-get leaves a tarball alone that is there already.
source_tarball()
{
	mkdir -p "$LAB/dl/source-$1"
	cd "$LAB/dl/source-$1"
	apt-get -q --download-only --tar-only --only-source source "$1" > log 2>&1 ||
		skip "the source of $1 cannot be downloaded from $mirror"
	ls -t "$PWD"/*.orig.tar.* | grep -v '\.asc$' | head -1
}

# Only Depends, only what is real: enough to collect the -dev packages of a static link.
closure()
{
	arch=$1
	shift
	apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
		--no-replaces --no-enhances $(printf "%s:$arch " "$@") |
		sed -n "s/^\([a-z0-9][^ ]*\):$arch\$/\1:$arch/p" | sort -u
}

newest_kernel()
{
	release=$(apt-cache pkgnames linux-binary-7. |
		sed -n "s/^linux-binary-\(7\..*-cloud-$1\)\$/\1/p" | sort -V | tail -1)
	[ -n "$release" ] || skip "no Linux 7.x cloud kernel for $1 in Debian $SUITE-backports"
	echo "$release"
}

[ $# -ge 1 ] || usage
command=$1
shift
configure
case $command in
update) update force ;;
get) update; download "$@" ;;
unpack) [ $# -ge 2 ] || usage; update; unpack "$@" ;;
source) [ $# = 1 ] || usage; update; source_tarball "$1" ;;
closure) [ $# -ge 2 ] || usage; update; closure "$@" ;;
kernel) [ $# = 1 ] || usage; update; newest_kernel "$1" ;;
*) usage ;;
esac
