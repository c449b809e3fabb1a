// SPDX-License-Identifier: GPL-3.0-or-later
/* Whatever a transcript holds, the report of it has no tag, attribute or character that is not of the
 * program's own making. The input: settings, then entries as in fuzz_view; the first of them is also the
 * name of a session. */
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/report.h"
#include "net/step.h"
#include "support/markup_check.h"
#include "support/random_transcript.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand_page(const struct app *app, const struct session *session)
{
	char *page = NULL;
	const char *where;
	size_t len = 0, count;
	FILE *file = open_memstream(&page, &len);
	if (!file || !report_write(app, session, file, &count) || fclose(file) != 0)
		abort();
	const char *wrong = strlen(page) == len ? markup_check(page, &where) : "a NUL";
	if (wrong) {
		fprintf(stderr, "%s: %.60s\n", wrong, where);
		abort();
	}
	free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct app app;
	struct error error;
	if (size < 4)
		return 0;
	setlocale(LC_ALL, data[0] & 1 ? "C" : "C.UTF-8");
	app_init(&app);
	app.settings.own_calls = data[0] & 2;
	const enum transport transports[] = { TRANSPORT_TCP, TRANSPORT_UDP, TRANSPORT_UNIX };
	for (size_t i = 0; i < sizeof transports / sizeof *transports; i++)
		sessions_make_socket(app.sessions, transports[i], NULL, &error);
	struct session *session = sessions_at(app.sessions, 0);
	char name[SESSION_NAME] = "";
	for (size_t i = 0; i + 1 < sizeof name && 4 + i < size && data[4 + i]; i++)
		name[i] = (char)data[4 + i];
	if (session)
		session_rename(session, name, &error);
	random_entries(app.transcript, data + 1, size - 1);
	if (data[0] & 4 && session)
		session_close(session, &error);
	if (data[0] & 8)
		demand_page(&app, NULL);
	else if (session)
		demand_page(&app, session);
	app_free(&app);
	return 0;
}
