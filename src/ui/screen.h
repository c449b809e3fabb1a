// SPDX-License-Identifier: GPL-3.0-or-later
/* screen: draws rows on the terminal, with curses for output only. Knows no session. */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "ui/terminal.h"
#include "view/row.h"

struct screen;

/* NULL with one line if the terminal cannot place the cursor (TERM=dumb, unknown). */
struct screen *screen_open(struct terminal *terminal, struct error *error);
void screen_close(struct screen *screen);

/* In the last row, a wide character that ends one column before the last is torn in half: where
 * curses cannot switch wrapping off (screen, tmux, rxvt), it inserts the last character. */
bool screen_tears_corner(const struct screen *screen);

void screen_size(const struct screen *screen, int *rows, int *columns);
void screen_resize(
        struct screen *screen); /* asks the terminal for its size, and redraws everything */
void screen_redraw(struct screen *screen);
void screen_set_color(struct screen *screen,
                      bool color); /* no effect where the terminal has none */
void screen_bell(struct screen *screen);

/* One frame: begin, the rows, end. */
void screen_begin(struct screen *screen);
void screen_row(struct screen *screen, int y, const struct row *row);
void screen_end(struct screen *screen, int cursor_row, int cursor_column);

/* Whether the terminal shows the shell's screen again after screen_close(). */
bool screen_is_alternate(const struct screen *screen);

void screen_leave(void); /* for terminal_suspend() */
void screen_enter(void);
