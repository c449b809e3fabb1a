// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/lesson_face.h"

#include <stdlib.h>

#include "base/alloc.h"

void lesson_face_wait(struct app *app, const char *line)
{
	char *copy = line ? xstrdup(line) : NULL;
	free(app->lesson.waiting);
	app->lesson.waiting = copy;
}

void lesson_face_changed(struct app *app, bool part)
{
	app->lesson.serial++;
	app->lesson.part += part;
}

void lesson_face_end(struct app *app)
{
	lesson_face_wait(app, NULL);
	app->lesson = (struct app_lesson){ .serial = app->lesson.serial + 1,
		                           .part = app->lesson.part + 1 };
}
