// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/clipboard.h"

#include <stdlib.h>

#include "base/json.h"

/* screen passes on what is between these, at most 768 bytes of it. */
enum { SCREEN_MOST = 700 };

static void put_wrapped(const char *sequence, size_t len, struct buf *out)
{
	for (size_t n; len > 0; sequence += n, len -= n) {
		n = len < SCREEN_MOST ? len : SCREEN_MOST;
		buf_append_text(out, "\033P");
		buf_append(out, sequence, n);
		buf_append_text(out, "\033\\");
	}
}

/* tmux takes the sequence itself with set-clipboard on, and passes on what is between these with
 * allow-passthrough; each ignores the other. An ESC within is doubled. */
static void put_passed(const char *sequence, size_t len, struct buf *out)
{
	buf_append_text(out, "\033Ptmux;\033");
	buf_append(out, sequence, len);
	buf_append_text(out, "\033\\");
}

void clipboard_sequence(const struct buf *bytes, struct buf *out)
{
	const char *tmux = getenv("TMUX"), *screen = getenv("STY");
	struct buf base64 = { .max = SIZE_MAX }, sequence = { .max = SIZE_MAX };
	json_put_base64(&base64, buf_data(bytes), bytes->len);
	buf_append_text(&sequence, "\033]52;c;");
	buf_append(&sequence, buf_data(&base64) + 1, base64.len - 2); /* without quotes */
	buf_append_text(&sequence, "\a");
	if (tmux && *tmux)
		put_passed(buf_data(&sequence), sequence.len, out);
	if (screen && *screen && !(tmux && *tmux))
		put_wrapped(buf_data(&sequence), sequence.len, out);
	else
		buf_append(out, buf_data(&sequence), sequence.len);
	buf_free(&base64);
	buf_free(&sequence);
}
