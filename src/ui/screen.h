// SPDX-License-Identifier: GPL-3.0-or-later
/* screen: rows onto the terminal, with curses, which is output only here. Knows no session: it is
 * given rows. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "ui/terminal.h"
#include "view/row.h"

struct screen;

/* NULL where the terminal cannot place a cursor (TERM=dumb, unknown): say so and use the plain
 * mode. */
struct screen *screen_open(struct terminal *terminal, struct error *error);
void screen_close(struct screen *screen);

/* In the last row, curses tears a wide character in half that ends one column before the last:
 * where it cannot switch wrapping off (screen, tmux, rxvt) it inserts what follows. */
bool screen_tears_corner(const struct screen *screen);

void screen_size(const struct screen *screen, int *rows, int *columns);
void screen_resize(struct screen *screen); /* asks the terminal, and draws everything next time */
void screen_redraw(struct screen *screen);
void screen_set_color(struct screen *screen,
                      bool color); /* no effect where the terminal has none */
void screen_bell(struct screen *screen);

/* One frame: begin, rows from top to bottom, the cursor, end. */
void screen_begin(struct screen *screen);
void screen_row(struct screen *screen, int y, const struct row *row);
void screen_end(struct screen *screen, int cursor_row, int cursor_column);

void screen_leave(void); /* for terminal_suspend() */
void screen_enter(void);
