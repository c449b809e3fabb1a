// SPDX-License-Identifier: GPL-3.0-or-later
/* locale: the character set of the terminal. Only LC_CTYPE is set: numbers keep their decimal point,
 * and a bad value of another variable does no harm. */
#pragma once

/* Sets LC_CTYPE from LC_ALL, LC_CTYPE or LANG, the first that is set; uses a UTF-8 locale where none
 * is set, or the locale is not installed (LC_CTYPE=UTF-8, as macOS sends it over ssh). Obeys an
 * explicit C or POSIX. Returns the name of the locale in force. The environment then names the same
 * one, since readline reads it again at every line. */
const char *locale_choose(void);
