// SPDX-License-Identifier: GPL-3.0-or-later
/* terminal: the controlling terminal as descriptors: its modes saved and put back, also by a crash,
 * its size, and an output that never blocks: what is to be shown goes into an output file (curses
 * writes there), and the loop passes it on through a descriptor of its own, non-blocking. The
 * shell's own descriptors are left as they are. One per program: a signal handler must find it. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/poller.h"

struct terminal;

/* Opens the terminal that standard input and output are, saves its modes, sets raw mode, takes over
 * descriptors 1 and 2 (their text is given by terminal_take_captured()). NULL with one line where
 * there is none. */
struct terminal *terminal_open(struct error *error);

/* Everything as it was found. Never blocks on a terminal that has stopped reading. */
void terminal_close(struct terminal *terminal);

/* To read keys from: blocking, so only when readable. */
int terminal_input(const struct terminal *terminal);

/* For curses to write to: never blocks. Owned by the terminal. */
FILE *terminal_stream(struct terminal *terminal);

void terminal_size(const struct terminal *terminal, int *rows, int *columns);

/* Mouse reports. They, and the modes that are always asked for (brackets around a paste, Alt as an
 * Escape in front, no arrow keys for the wheel), are sent to every terminal whose TERM is not
 * "dumb". */
void terminal_set_mouse(struct terminal *terminal, bool on);

/* Bytes written to the stream that are not out yet. */
size_t terminal_waiting(const struct terminal *terminal);

/* There are some, or the terminal is not ours now: no time to draw. */
bool terminal_is_busy(const struct terminal *terminal);
void terminal_prepare(struct terminal *terminal, struct poller *poller);
void terminal_serve(struct terminal *terminal, struct poller *poller);

/* Passes on at once what the terminal takes without waiting. */
void terminal_flush(struct terminal *terminal);

/* What a library wrote to descriptors 1 and 2 meanwhile, as a line at a time; false when there is
 * nothing. Bells are cut out: *bell becomes true when there were any. */
bool terminal_take_captured(struct terminal *terminal, char *line, size_t size, bool *bell);

/* Ctrl-Z: gives the terminal back, stops the job, and returns when it goes on, the terminal ours
 * again. When it goes on only to die of a signal, the terminal stays given back. `leave` and
 * `enter` are the screen's part (endwin and back); either may be NULL. */
void terminal_suspend(struct terminal *terminal, void (*leave)(void), void (*enter)(void));

/* After SIGCONT of a stop by SIGSTOP. */
void terminal_resume(struct terminal *terminal);

/* What a crash must write to leave a sane screen; prepared by the screen from terminfo. Copied; cut
 * at 512 bytes. */
void terminal_set_farewell(struct terminal *terminal, const char *bytes, size_t len);
