// SPDX-License-Identifier: GPL-3.0-or-later
#include "e2e/stage.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS = 16 };

static char home[] = "/tmp/sockpit-stage-XXXXXX";
static pid_t owner;

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static void remove_home(void)
{
	if (getpid() == owner)
		nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void stage_open(void)
{
	if (!mkdtemp(home)) {
		puts("Bail out! no temporary directory");
		exit(97);
	}
	owner = getpid();
	atexit(remove_home);
	setenv("HOME", home, 1);
	setenv("XDG_CONFIG_HOME", home, 1);
	setenv("XDG_STATE_HOME", home, 1);
	setenv("INPUTRC", "/dev/null", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("NO_COLOR");
}

const char *stage_home(void)
{
	return home;
}

const char *stage_path(const char *name)
{
	static char path[512];
	snprintf(path, sizeof path, "%s/%s", home, name);
	return path;
}

void stage_put_file(const char *name, const char *text)
{
	FILE *file = fopen(stage_path(name), "we");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		printf("# writing %s failed\n", stage_path(name));
}

bool stage_file_has(const char *name, const char *text)
{
	char content[8192];
	FILE *file = fopen(stage_path(name), "re");
	if (!file)
		return false;
	size_t len = fread(content, 1, sizeof content, file);
	fclose(file);
	return memmem(content, len, text, strlen(text));
}

struct vt *stage_run(int rows, int columns, const char *term, const char *const words[])
{
	const char *argv[WORDS] = { "sockpit" };
	for (size_t i = 0; words[i] && i + 2 < WORDS; i++)
		argv[i + 1] = words[i];
	return vt_spawn(rows, columns, term, argv);
}

struct vt *stage_demo(const char *term)
{
	struct vt *vt = stage_run(24, 80, term, STAGE_WORDS("--demo"));
	vt_wait_text(vt, "connected");
	vt_wait_row(vt, -1, ">");
	vt_wait_idle(vt);
	return vt;
}

static bool is_last_row(struct vt *vt, const void *text)
{
	return strcmp(vt_row(vt, -1), text) == 0;
}

bool stage_wait_last_row(struct vt *vt, const char *text)
{
	return vt_wait(vt, is_last_row, text, text);
}

static bool row_has_both(struct vt *vt, const void *context)
{
	const char *const *texts = context;
	char *screen = strdup(vt_screen(vt)), *rest = screen;
	bool found = false;
	for (char *row = strsep(&rest, "\n"); row && !found; row = strsep(&rest, "\n"))
		found = strstr(row, texts[0]) && strstr(row, texts[1]);
	free(screen);
	return found;
}

bool stage_wait_row(struct vt *vt, const char *text, const char *other)
{
	const char *texts[] = { text, other };
	return vt_wait(vt, row_has_both, texts, other);
}

unsigned stage_port(struct vt *vt, const char *before)
{
	const char *found = strstr(vt_screen(vt), before);
	return found ? (unsigned)strtoul(found + strlen(before), NULL, 10) : 0;
}

bool stage_is_restored(struct vt *vt)
{
	const struct {
		bool good;
		const char *what;
	} checks[] = {
		{ vt_is_restored(vt), "line settings" },
		{ !vt_is_alternate(vt), "main screen" },
		{ vt_cursor_is_visible(vt), "cursor" },
		{ !vt_has_mouse(vt) && !vt_has_mode(vt, 1006), "no mouse reports" },
		{ !vt_has_mode(vt, 2004), "no paste brackets" },
		{ vt_has_mode(vt, 1007), "arrows for the wheel, as before" },
		{ !vt_has_mode(vt, 1036), "Alt as before" },
		{ !vt_has_mode(vt, 1), "plain cursor keys" },
	};
	bool good = true;
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		if (checks[i].good)
			continue;
		printf("# not restored: %s\n", checks[i].what);
		good = false;
	}
	return good;
}

bool stage_quit(struct vt *vt)
{
	int status;
	vt_send(vt, "/quit!\r");
	bool ended = vt_wait_exit(vt, &status) && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	bool good = ended && stage_is_restored(vt);
	vt_free(vt);
	return good;
}

static bool runs_a_job(struct vt *vt, const void *context)
{
	(void)context;
	pid_t group = vt_foreground(vt);
	return group > 0 && group != vt_pid(vt);
}

static bool has_the_shell_back(struct vt *vt, const void *context)
{
	(void)context;
	return vt_foreground(vt) == vt_pid(vt);
}

bool stage_wait_job(struct vt *vt)
{
	return vt_wait(vt, runs_a_job, NULL, "a job");
}

bool stage_wait_shell(struct vt *vt)
{
	return vt_wait(vt, has_the_shell_back, NULL, "the shell");
}
