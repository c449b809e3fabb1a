// SPDX-License-Identifier: GPL-3.0-or-later
/* tab_line: the sessions as tabs in a row: as many as fit, the current one always. No curses. */
#pragma once

#include <stdint.h>

#include "app/app.h"
#include "view/row.h"

/* ` 1 echo:7001 ● · 2 127.0.0.1:50522 ● · 3 udp :9000 ○ +4`: open (●), closed (○), opening (…);
 * number of news. The current one in STYLE_CURRENT. '<' and '>' say that there are more on that
 * side. */
void tab_line_draw(const struct app *app, int columns, struct row *row);

/* The number of the session whose tab is at this column; 0 for none. */
uint32_t tab_line_session_at(const struct app *app, int columns, int column);
