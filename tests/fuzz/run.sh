#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs fuzzers for at most so many seconds each, from their kept inputs into a scratch directory, two at a time. What
# crashes one stays in the scratch directory, and its log, which has the seed, is printed. FUZZ_SEED is the seed, or 0 for
# a new one; FUZZ_INPUTS ends a fuzzer after so many inputs, or more or fewer where each takes little or much time.
# Usage: run.sh SECONDS SOURCE-DIRECTORY FUZZER…

fuzz() { # one fuzzer
	name=${1##*/fuzz_}
	work=fuzz-work/$name
	mkdir -p "$work"
	inputs=${FUZZ_INPUTS:--1}
	[ "$inputs" -lt 0 ] || case $name in
	keys | network | sample | target | text) inputs=$((inputs * 20)) ;;
	replay | report | view) inputs=$((inputs / 20)) ;;
	esac
	set -- "$1" -seed="${FUZZ_SEED:-0}" -runs="$inputs" -reload=0 -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 \
		-artifact_prefix="$work.crash-" "$work" "$source/tests/fuzz/corpus/$name"
	[ ! -f "$source/tests/fuzz/$name.dict" ] || set -- "$@" -dict="$source/tests/fuzz/$name.dict"
	if "$@" >"$work.log" 2>&1; then
		echo "fuzz $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$work.log") inputs, none failed"
	else
		echo "fuzz $name: FAILED, $(grep -o -m 1 'Seed: [0-9]*' "$work.log")"
		tail -n 40 "$work.log"
		for input in "$work".crash-*; do
			[ -f "$input" ] && echo "$input, in base64: $(base64 <"$input" | tr -d '\n')"
		done
		return 1
	fi
}

seconds=$1
source=$2
if [ "$3" = --one ]; then
	fuzz "$4"
	exit
fi
shift 2
printf '%s\n' "$@" | xargs -n 1 -P 2 sh "$0" "$seconds" "$source" --one
