// SPDX-License-Identifier: GPL-3.0-or-later
/* bars: the words of the tab bar, the status line and the prompt, from the app, as rows of a given
 * width. No curses. What does not fit is left away from the least important on; the current tab is
 * always there. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "app/app.h"
#include "view/row.h"

enum { BARS_PROMPT = 48 };

/* ` 1 echo:7001 ● · 2 127.0.0.1:50522 ● · 3 udp :9000 ○ +4`: open, closed, under way (…); how much
 * is new. The current one in STYLE_NOTE. Where not all fit, '<' and '>' say on which side there are
 * more. */
void bars_tabs(const struct app *app, int columns, struct row *row);

/* The number of the session whose tab is at this column of a bar of that width; 0 for none. */
uint32_t bars_tab_at(const struct app *app, int columns, int column);

/* ` tcp ESTABLISHED *  rtt 0.2 ms ± 0.1 ms  cwnd 10  ↑15 ↓15  LF  chat`: the state and its timer,
 * and of what the kernel says only what is not as usual: what waits, what is lost, who holds it up.
 * What means nothing on loopback is left away. `mode` is what the input adds (vi mode, scrolled
 * back); may be "". */
void bars_status(const struct app *app, const char *mode, int columns, struct row *row);

/* "1> ", with '!' for literal mode: "1! ". Returns `out`. */
const char *bars_prompt(const struct app *app, char out[BARS_PROMPT]);
