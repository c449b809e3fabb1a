// SPDX-License-Identifier: GPL-3.0-or-later
/* A conversation in TLS in the window, at each size and in each view: with clear text, with what an eavesdropper
 * sees, and with both. Every screen equals the one after a redraw. */
#include "e2e/stage.h"

#include <stdlib.h>
#include <string.h>

#include "support/tap.h"

static const struct size {
	int rows, columns;
} sizes[] = { { 4, 20 }, { 12, 40 }, { 24, 80 }, { 30, 99 }, { 30, 100 }, { 50, 200 } };
static const char *const clears[] = { "on", "off", "both" };
static const char *const views[] = { "chat", "hex", "trace", "ladder" };

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool redraws(struct vt *vt)
{
	if (!vt_wait_idle(vt))
		return false;
	char *before = strdup(vt_screen(vt));
	vt_send(vt, "\f");
	bool same = vt_wait_idle(vt) && strcmp(before, vt_screen(vt)) == 0;
	if (!same) {
		tap_diagnose("before", before, strlen(before));
		vt_print(vt);
	}
	free(before);
	return same;
}

static void command(struct vt *vt, const char *first, const char *second)
{
	vt_send(vt, first);
	vt_send(vt, second);
	vt_send(vt, "\r");
	vt_wait_idle(vt);
}

static struct vt *start(struct size size)
{
	struct vt *vt = stage_run(size.rows, size.columns, "xterm-256color",
	                          STAGE_WORDS("--set", "kernel=off", "--set", "time=off"));
	vt_wait_row(vt, -1, ">");
	command(vt, "/listen 0 tls as srv", "");
	return vt;
}

static bool is_available(void)
{
	struct vt *vt = start((struct size){ 24, 80 });
	bool missing = vt_find(vt, "without OpenSSL", NULL, NULL);
	vt_free(vt);
	return !missing;
}

/* What is to be there, where there is room for it. */
static bool is_right(struct vt *vt, struct size size, const char *clear, const char *view)
{
	bool chat = strcmp(view, "chat") == 0, roomy = size.rows >= 24;
	bool off = strcmp(clear, "off") == 0, on = strcmp(clear, "on") == 0;
	bool text = vt_find(vt, "swordfish", NULL, NULL),
	     records = vt_find(vt, "[application_data", NULL, NULL);
	bool both = strcmp(clear, "both") == 0,
	     beside = vt_find(vt, "│ →  [application_data", NULL, NULL);
	if (off && text)
		return false;
	if (!chat || !roomy)
		return true;
	return text == !off && records == !on && beside == (both && size.columns >= 100);
}

static void play(struct size size)
{
	struct vt *vt = start(size);
	command(vt, "/service @srv echo", "");
	command(vt, "/open srv as t verify off", "");
	bool good = vt_wait_row(vt, -1, "2>");
	vt_send(vt, "swordfish\r");
	good = good && stage_wait_row(vt, "←", "swordfish");
	for (size_t c = 0; good && c < COUNT(clears); c++)
		for (size_t v = 0; good && v < COUNT(views); v++) {
			command(vt, "/set clear ", clears[c]);
			command(vt, "/view ", views[v]);
			good = redraws(vt);
			vt_send(vt, "\033[5~");
			good = good && redraws(vt);
			vt_send(vt, "\033[1;5F");
			good = good && redraws(vt) && is_right(vt, size, clears[c], views[v]);
			if (!good)
				printf("# /set clear %s, /view %s\n", clears[c], views[v]);
		}
	if (!good)
		vt_print(vt);
	ok(good, "%dx%d: clear text, records, both", size.columns, size.rows);
	vt_free(vt);
}

int main(void)
{
	tap_watchdog(120);
	stage_open();
	if (!is_available()) {
		tap_skip("built without OpenSSL");
		return tap_done();
	}
	for (size_t i = 0; i < COUNT(sizes); i++)
		play(sizes[i]);
	return tap_done();
}
