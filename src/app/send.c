// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/send.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"

static void make_line(enum eol eol, const char *text, size_t len, struct buf *line)
{
	size_t end_len;
	const char *end = eol_bytes(eol, &end_len);
	const char *feed = eol == EOL_NONE ? NULL : memchr(text, '\n', len);
	while (feed) {
		size_t taken = (size_t)(feed - text);
		buf_append(line, text, taken);
		buf_append(line, end, end_len);
		text += taken + 1;
		len -= taken + 1;
		feed = memchr(text, '\n', len);
	}
	buf_append(line, text, len);
	buf_append(line, end, end_len);
}

bool send_line(struct session *session, const char *text, size_t len, struct error *error)
{
	struct buf line = { .max = SIZE_MAX };
	make_line(session_eol(session), text, len, &line);
	bool sent = session_send(session, buf_data(&line), line.len, error);
	buf_free(&line);
	return sent;
}

bool send_secret(struct app *app, struct session *session, const char *text, size_t len,
                 struct error *error)
{
	struct buf line = { .max = SIZE_MAX };
	buf_reserve(&line, 2 * len + 2); /* growing would leave copies of it */
	make_line(session_eol(session), text, len, &line);
	transcript_keep_secret(app->transcript, text, len);
	bool sent = session_send_secret(session, buf_data(&line), line.len, error);
	buf_wipe(&line);
	buf_free(&line);
	if (sent && !app->secret_noted)
		app_note(app, "a secret is masked where it is sent and, from 4 bytes on, where it "
		              "comes back as it was sent");
	app->secret_noted = app->secret_noted || sent;
	if (sent && key_log_is_on(app->key_log) && session_gives_keys(session))
		app_note(app, "the key log has the keys of this connection: with the frames they "
		              "show the secret");
	return sent;
}

bool send_typed(struct app *app, struct session *session, const char *line, size_t len,
                struct error *error)
{
	const char *slash = app_find_slash(app, line);
	if (!slash)
		return send_line(session, line, len, error);
	struct buf text = { .max = SIZE_MAX };
	buf_append(&text, line, (size_t)(slash - line));
	buf_append(&text, slash + 1, len - (size_t)(slash + 1 - line));
	bool sent = send_line(session, buf_data(&text), text.len, error);
	buf_free(&text);
	return sent;
}

bool send_line_to(struct session *session, const struct endpoint *to, const char *text, size_t len,
                  struct error *error)
{
	struct buf line = { .max = SIZE_MAX };
	make_line(session_eol(session), text, len, &line);
	bool sent = session_send_to(session, to, buf_data(&line), line.len, error);
	buf_free(&line);
	return sent;
}
