# SPDX-License-Identifier: GPL-3.0-or-later
# What the shells complete: their scripts are made of the tables, are sound, and offer what is right.
set -u
count=0

result() { # status, name
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

skip() { # reason
	count=$((count + 1))
	echo "ok $count # SKIP $1"
}

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
for shell in bash zsh fish; do
	sockpit --completion $shell >"$scratch/$shell"
	result $? "there is a script for $shell"
done
said=$(sockpit --completion csh 2>&1)
[ "$said" = "sockpit: --completion csh: bash, zsh or fish" ]
result $? "another shell is refused in one line"

# Each option that is listed is in each script.
for shell in bash zsh fish; do
	missing=
	for option in $(sockpit -h | sed -n 's/^  \(-., \)\{0,1\}--\([^ ]*\).*/\2/p'); do
		grep -Eq -- "(--$option|-l $option)([^a-z-]|\$)" "$scratch/$shell" || missing="$missing $option"
	done
	[ -z "$missing" ] || echo "# missing:$missing"
	[ -z "$missing" ]
	result $? "$shell knows all long options"
done

# What bash offers for the last of these words.
offers() { # words
	bash -c '
		. "$0"
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_sockpit
		printf "%s\n" "${COMPREPLY[@]}"
	' "$scratch/bash" "$@" 2>&1
}

offered() { # what is offered, name, words
	want=$1
	name=$2
	shift 2
	got=$(offers "$@" | tr '\n' ' ' | sed 's/ *$//')
	[ "$got" = "$want" ] || echo "# offered: $got"
	[ "$got" = "$want" ]
	result $? "bash: $name"
}

if command -v bash >/dev/null 2>&1; then
	offered "--relay --replay --recv-only" "options by their beginning" sockpit --re
	offered "crlf cr" "values of a setting" sockpit --eol cr
	offered "crlf cr" "also after a =" sockpit --eol = cr
	offered "daytime" "services" sockpit -l --service day
	offered "pcapng" "log formats" sockpit -o x --log-format pc
	offered "escape-time=" "settings" sockpit --set esc
	offered "5 4 connect" "fixed words" sockpit -X ""
	offered "" "nothing for a time" sockpit -w ""
	touch "$scratch/a file.sp"
	offered "$scratch/a file.sp" "files" sockpit -f "$scratch/a"
	offered "$scratch/a file.sp" "files that are checked" sockpit --check "$scratch/a"
else
	skip "no bash here"
fi
for shell in zsh fish; do
	if command -v $shell >/dev/null 2>&1; then
		$shell -n "$scratch/$shell"
		result $? "$shell understands its script"
	else
		skip "no $shell here"
	fi
done
echo "1..$count"
