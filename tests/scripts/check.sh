# SPDX-License-Identifier: GPL-3.0-or-later
# The scripts that the program tests itself with have no mistake, and each is run: by make, or by test_tutorials.py.
cd "$srcdir/tests/scripts" || exit 99
if said=$(sockpit --let port=1 --let message=hello --check *.sp tutorial/*.sp 2>&1) && [ -z "$said" ]; then
	echo "ok 1 - --check has nothing to say"
else
	echo "$said" | sed 's/^/# /'
	echo "not ok 1 - --check has nothing to say"
fi
left=
for script in *.sp; do
	grep -q "tests/scripts/$script" ../../Makefile.am || left="$left $script"
done
for script in tutorial/*.sp; do
	grep -q "\"$(basename "$script" .sp)[.\"]" ../e2e/test_tutorials.py || left="$left $script"
done
[ -z "$left" ] && echo "ok 2 - each is run" || echo "not ok 2 - each is run, but$left"
echo 1..2
