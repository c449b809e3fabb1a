// SPDX-License-Identifier: GPL-3.0-or-later
/* vt: runs a program on a pseudo terminal and reads its screen, with libvterm as the terminal. Every
 * wait is for a condition with a deadline, and polls the terminal and the child meanwhile; one that
 * fails returns false and prints the screen. The program under test is killed when the test
 * dies. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct vt;

struct vt_cell {
	uint32_t character; /* 0 where nothing was written */
	int width;          /* columns: 1 or 2 */
	bool bold, reverse, underline;
	int foreground, background; /* index of the palette, -1 default, -2 any other */
};

/* The environment is the test's own, with TERM set and LINES and COLUMNS unset. */
struct vt *vt_spawn(int rows, int columns, const char *term, const char *const argv[]);
void vt_free(struct vt *vt);
pid_t vt_pid(const struct vt *vt);
pid_t vt_foreground(const struct vt *vt); /* the terminal's foreground process group */

/* Keyboard, mouse and window. */
void vt_send(struct vt *vt, const char *text);
void vt_send_bytes(struct vt *vt, const void *bytes, size_t len);
void vt_paste(struct vt *vt, const char *text); /* in brackets if the program has asked for them */

/* `steps` > 0 is up; false where the program has not asked for mouse reports. */
bool vt_wheel(struct vt *vt, int row, int column, int steps);
void vt_resize(struct vt *vt, int rows, int columns);
void vt_stall(struct vt *vt, bool on); /* a terminal that stops reading: a frozen link */
void vt_hang_up(struct vt *vt);        /* the terminal is gone */

/* Waiting, for 20 seconds or VT_TIMEOUT_MS. Rows below 0 count from the bottom. */
typedef bool vt_condition(struct vt *vt, const void *context);
bool vt_wait(struct vt *vt, vt_condition *condition, const void *context, const char *what);
bool vt_wait_text(struct vt *vt, const char *text);
bool vt_wait_gone(struct vt *vt, const char *text);
bool vt_wait_row(struct vt *vt, int row, const char *text);
bool vt_wait_cursor(struct vt *vt, int row, int column);
bool vt_wait_output(struct vt *vt, const char *bytes); /* since vt_mark() */
bool vt_wait_stopped(struct vt *vt);
bool vt_wait_exit(struct vt *vt, int *status);

/* Until the program has read all that was sent and sleeps without a time limit, and all that it
 * wrote has arrived. Where the system does not report that (vt_knows_idle() is false), until nothing
 * has come for a while. */
bool vt_wait_idle(struct vt *vt);
bool vt_knows_idle(const struct vt *vt);
void vt_watch(struct vt *vt, pid_t pid); /* whose sleep counts, when a shell runs the program */

/* The screen. Texts are UTF-8, without the blanks at the end of a row, valid until the next
 * call. */
const char *vt_row(struct vt *vt, int row);
const char *vt_screen(struct vt *vt); /* the rows, each with a newline */
struct vt_cell vt_cell_at(struct vt *vt, int row, int column);

/* From the top; `row` and `column` may be NULL. */
bool vt_find(struct vt *vt, const char *text, int *row, int *column);
void vt_cursor(struct vt *vt, int *row, int *column);
void vt_print(struct vt *vt); /* as TAP diagnostics */

/* The terminal's state. */
bool vt_cursor_is_visible(const struct vt *vt);
bool vt_is_alternate(const struct vt *vt);
bool vt_has_mouse(const struct vt *vt);
bool vt_has_mode(const struct vt *vt, int mode); /* CSI ? mode h */
const char *vt_title(const struct vt *vt);
const char *vt_replies(const struct vt *vt); /* answers to requests: should be "" */
bool vt_is_full(const struct vt *vt);        /* stalled: the line takes no more from the program */
bool vt_is_restored(const struct vt *vt); /* the line settings are those from before the program */

/* Everything written since the mark; the start is a mark. */
void vt_mark(struct vt *vt);
const char *vt_output(struct vt *vt, size_t *len);
