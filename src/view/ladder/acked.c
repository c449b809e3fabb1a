// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/acked.h"

enum { LOOK_SINCE = 1024 };

/* Since the close(). */
struct acked {
	bool told, counted;
};

/* From a state in which it was not acknowledged. */
static bool tells(const struct scene *scene)
{
	bool closed = scene->entry->call == CALL_READING && scene->entry->arg == READING_CLOSED;
	bool acked = scene->state == STATE_FIN_WAIT2 || scene->state == STATE_TIME_WAIT;
	return closed && acked && scene->before != STATE_FIN_WAIT2 &&
	       scene->before != STATE_TIME_WAIT && scene->before != STATE_CLOSING &&
	       scene->before != STATE_CLOSE;
}

/* What is acknowledged before the FIN has come is data. */
static bool is_before_fin(const struct scene *scene)
{
	return scene->state == STATE_ESTABLISHED;
}

static uint64_t bare_in(const struct scene *scene)
{
	const struct counts *counts = &scene->counts;
	bool open = counts->known && scene->before == STATE_ESTABLISHED;
	return open && counts->in > counts->data_in ? counts->in - counts->data_in : 0;
}

/* Bare segments that the closer counted before it closed, since this end's last reading: they have
 * been drawn. */
static uint64_t seen(const struct scene *scene, uint32_t closer)
{
	uint64_t count = 0;
	uint64_t position = scene->position;
	for (int i = 0; i < LOOK_SINCE; i++) {
		struct scene told;
		position = transcript_previous(scene->transcript, position);
		const struct entry *entry = transcript_at(scene->transcript, position);
		if (!entry)
			break;
		if (entry->call != CALL_READING)
			continue;
		if (entry->session == scene->entry->session)
			break;
		if (entry->session != closer)
			continue;
		scene_set(&told, scene->view, position, entry);
		count += bare_in(&told);
	}
	return count;
}

/* And draws it. */
static bool counts(const struct scene *scene, uint32_t closer)
{
	const struct counts *counts = &scene->counts;
	uint64_t others = counts->data_out + counts->again + scene_fin_was_sent(scene);
	return counts->known && counts->out > others && !is_before_fin(scene) &&
	       scene_other_farewell(scene) == FAREWELL_FIN &&
	       counts->out - others > seen(scene, closer);
}

static void add_reading(const struct scene *scene, uint64_t position, const struct entry *entry,
                        uint32_t closer, struct acked *acked)
{
	struct scene told;
	scene_set(&told, scene->view, position, entry);
	if (entry->session == closer)
		acked->told = acked->told || tells(&told);
	else
		acked->counted = acked->counted || counts(&told, closer);
}

/* By what stands between the close() of this session, which is one end, and the scene. */
static struct acked find(const struct scene *scene, uint32_t closer)
{
	struct acked acked = { 0 };
	const struct transcript *transcript = scene->transcript;
	uint64_t position = scene->position;
	for (int i = 0; scene->both && i < LOOK_SINCE; i++) {
		position = transcript_previous(transcript, position);
		const struct entry *entry = transcript_at(transcript, position);
		if (!entry)
			break;
		if (entry->session == closer && entry->call == CALL_CLOSE)
			return scene_farewell(transcript, position) == FAREWELL_FIN
			               ? acked
			               : (struct acked){ 0 };
		bool ours = entry->session == scene->view->session ||
		            entry->session == scene->view->other;
		if (ours && entry->call == CALL_READING)
			add_reading(scene, position, entry, closer, &acked);
	}
	return (struct acked){ 0 };
}

bool acked_is_new(const struct scene *scene)
{
	return tells(scene) && !find(scene, scene->entry->session).counted;
}

uint64_t acked_left(const struct scene *scene, uint64_t bare)
{
	if (!scene->both || !bare)
		return bare;
	if (scene_other_farewell(scene) != FAREWELL_FIN)
		return 0;
	uint32_t closer = scene->side ? scene->view->session : scene->view->other;
	struct acked acked = find(scene, closer);
	uint64_t drawn = seen(scene, closer);
	drawn += acked.told && !acked.counted && !is_before_fin(scene);
	return bare > drawn ? bare - drawn : 0;
}
