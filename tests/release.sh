# SPDX-License-Identifier: GPL-3.0-or-later
# The version is the same wherever it stands, and what packages install is what `make install` does.
set -u
count=0

result() { # status, name
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

version=$(sed -n 's/^AC_INIT(\[sockpit\], \[\(.*\)\])$/\1/p' "$srcdir/configure.ac")
is_version() { # what says so, where
	[ "$1" = "$version" ] || echo "# $2: $1, not $version"
	[ "$1" = "$version" ]
	result $? "the version of $2"
}

is_version "$(sockpit -V | sed 's/^sockpit //')" "the program"
is_version "$(sed -n 's/^\([0-9][0-9.]*\)\( .*\)\{0,1\}$/\1/p' "$srcdir/NEWS" | head -n 1)" "NEWS"
is_version "$(sed -n '1s/^sockpit (\(.*\)-[0-9]*) .*/\1/p' "$srcdir/dist/debian/changelog")" "the Debian package"
is_version "$(sed -n 's/^Version: *//p' "$srcdir/dist/sockpit.spec")" "the RPM package"
is_version "$(sed -n 's/.*sockpit-\([0-9.]*\)\.tar\.gz.*/\1/p' "$srcdir/dist/sockpit.rb")" "the formula"

# Each file that is installed is in a line of %files: a directory, a name or a pattern.
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
if make -s -C "$builddir" install DESTDIR="$scratch/root" prefix=/usr mandir=/usr/share/man >"$scratch/log" 2>&1; then
	(cd "$scratch/root" && find . -type f | sed 's/^\.//' | sort) >"$scratch/installed"
	result 0 "make install"
else
	sed 's/^/# /' "$scratch/log"
	result 1 "make install"
fi
sed -n '/^%files/,/^%changelog/s/^%{\(.*\)$/%{\1/p' "$srcdir/dist/sockpit.spec" | sed 's,%{_bindir},/usr/bin,
	s,%{_mandir},/usr/share/man,
	s,%{_docdir},/usr/share/doc,
	s,%{_datadir},/usr/share,
	s,%{name},sockpit,' >"$scratch/patterns"
while read -r file; do
	found=
	while read -r pattern; do
		case $file in
		$pattern | "$pattern"/*) found=yes ;;
		esac
	done <"$scratch/patterns"
	[ -n "$found" ] || echo "$file"
done <"$scratch/installed" >"$scratch/missing"
sed 's/^/# not in the spec: /' "$scratch/missing"
[ -s "$scratch/installed" ] && [ ! -s "$scratch/missing" ]
result $? "the RPM package has all that is installed"
make -s -C "$builddir" uninstall DESTDIR="$scratch/root" prefix=/usr mandir=/usr/share/man >"$scratch/log" 2>&1
left=$(find "$scratch/root" -type f -o -type l)
[ -z "$left" ] || echo "$left" | sed 's/^/# left: /'
[ -z "$left" ]
result $? "make uninstall leaves nothing"
echo "1..$count"
