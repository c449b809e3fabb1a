// SPDX-License-Identifier: GPL-3.0-or-later
/* locale: which characters the terminal speaks. LC_CTYPE is set and nothing else: numbers keep
 * their decimal point, and a bad value of another variable cannot take the characters away. */
#pragma once

/* Sets LC_CTYPE from LC_ALL, LC_CTYPE or LANG, the first that is set. Where none is set, or the
 * locale is not installed (LC_CTYPE=UTF-8, as macOS sends it over ssh), a UTF-8 locale is used. An
 * explicit C or POSIX is obeyed. Returns the name of the locale in force. The environment then says
 * the same, since readline reads it again at every line. */
const char *locale_choose(void);
