// SPDX-License-Identifier: GPL-3.0-or-later
/* What vt.c (the program and its terminal line) and vt_look.c (the screen) share, and nobody else
 * sees. */
#pragma once

#include <termios.h>

#include <vterm.h>

#include "support/vt.h"

enum { VT_MODES = 4096, VT_SEQUENCE = 64 };

struct vt {
	int master, slave; /* -1 after a hang-up; the slave is kept open to ask what is unread */
	pid_t pid, watched;
	bool reaped, stalled;
	int status; /* from waitpid(), of the last stop or the end */
	struct termios before;
	char *output; /* all of it, NUL-terminated */
	size_t output_len, output_size, mark;

	VTerm *term;
	VTermScreen *screen;
	char piece[4]; /* of a character, on its way in */
	size_t piece_len;
	char edge[64]; /* the character in the last column, while the cursor waits behind it */
	size_t edge_len;
	VTermPos edge_at;
	int rows, columns;
	bool alternate, cursor_visible;
	int mouse;
	char title[256];
	char replies[4096];
	size_t replies_len;
	bool modes[VT_MODES], saved[VT_MODES];
	char sequence[VT_SEQUENCE]; /* an escape sequence on its way in, for `modes` */
	size_t sequence_len;
	char *text; /* what vt_row() and vt_screen() return */
};

void vt_screen_open(struct vt *vt, int rows, int columns);
void vt_screen_close(struct vt *vt);
void vt_screen_feed(struct vt *vt, const char *bytes, size_t len);
void vt_screen_resize(struct vt *vt, int rows, int columns);
