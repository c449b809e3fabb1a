// SPDX-License-Identifier: GPL-3.0-or-later
/* terminal: the controlling terminal: saves its modes and puts them back, also after a crash; its
 * size; and output that never blocks: curses writes into an output file, and the loop passes that
 * on through a non-blocking descriptor of its own. The shell's descriptors stay as they are. One
 * per program: a signal handler must find it. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/poller.h"

struct terminal;

/* Opens the terminal of standard input and output, saves its modes, sets raw mode, captures
 * descriptors 1 and 2 (see terminal_take_captured()). NULL with one line if there is no
 * terminal. */
struct terminal *terminal_open(struct error *error);

/* Puts everything back; then come `rows`, which stay: plain text, each ended by LF. Never blocks on a
 * terminal that has stopped reading. */
void terminal_close(struct terminal *terminal, const char *rows);

/* For reading keys: blocking, so only when readable. */
int terminal_input(const struct terminal *terminal);

/* For writing: never blocks. Owned by the terminal. */
FILE *terminal_stream(struct terminal *terminal);

void terminal_size(const struct terminal *terminal, int *rows, int *columns);

/* After what has been written to the stream, between two frames. */
void terminal_put(struct terminal *terminal, const char *bytes, size_t len);

/* Mouse reports. Like the modes that are always on (bracketed paste, Alt sent as Escape and the
 * key, no arrow keys for the wheel), they are asked of every terminal whose TERM is not "dumb". */
void terminal_set_mouse(struct terminal *terminal, bool on);

/* Bytes written to the stream that are not out yet. */
size_t terminal_waiting(const struct terminal *terminal);

/* There are such bytes, or the terminal is not ours now: nothing is drawn. */
bool terminal_is_busy(const struct terminal *terminal);
void terminal_prepare(struct terminal *terminal, struct poller *poller);
void terminal_serve(struct terminal *terminal, struct poller *poller);

/* Passes on what the terminal takes without waiting. */
void terminal_flush(struct terminal *terminal);

/* A captured line of descriptors 1 and 2; false for none. Bells are cut out: sets *bell if there
 * were any. */
bool terminal_take_captured(struct terminal *terminal, char *line, size_t size, bool *bell);

/* Ctrl-Z: gives the terminal back, stops the job, and takes the terminal again when the job
 * continues, unless that is only to die of a signal. `leave` and `enter` are the screen's part
 * (endwin and back), or NULL. */
void terminal_suspend(struct terminal *terminal, void (*leave)(void), void (*enter)(void));

/* After SIGCONT, since SIGSTOP gives no warning. */
void terminal_resume(struct terminal *terminal);

/* The bytes that restore the screen after a crash, from terminfo. Copied; cut at 512 bytes. */
void terminal_set_reset(struct terminal *terminal, const char *bytes, size_t len);
