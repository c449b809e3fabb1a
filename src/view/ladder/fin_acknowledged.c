// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/ladder/fin_acknowledged.h"

enum { LOOK_SINCE = 1024 };

/* Since the close(). */
struct fin_acknowledged {
	bool annotation, counted;
};

/* From a state in which it was not acknowledged. */
static bool tells(const struct context *context)
{
	bool closed = context->entry->call == CALL_SAMPLE && context->entry->arg == SAMPLE_CLOSED;
	bool fin_acknowledged =
	        context->state == STATE_FIN_WAIT2 || context->state == STATE_TIME_WAIT;
	return closed && fin_acknowledged && context->before != STATE_FIN_WAIT2 &&
	       context->before != STATE_TIME_WAIT && context->before != STATE_CLOSING &&
	       context->before != STATE_CLOSED;
}

/* What is acknowledged before the FIN has come is data. */
static bool is_before_fin(const struct context *context)
{
	return context->state == STATE_ESTABLISHED;
}

static uint64_t bare_in(const struct context *context)
{
	const struct counts *counts = &context->counts;
	bool open = counts->known && context->before == STATE_ESTABLISHED;
	return open && counts->in > counts->data_in ? counts->in - counts->data_in : 0;
}

/* Bare segments that the closer counted before it closed, since this end's last reading: they have
 * been drawn. */
static uint64_t seen(const struct context *context, uint32_t async_close)
{
	uint64_t count = 0;
	uint64_t position = context->position;
	for (int i = 0; i < LOOK_SINCE; i++) {
		struct context annotation;
		position = transcript_previous(context->transcript, position);
		const struct entry *entry = transcript_at(context->transcript, position);
		if (!entry)
			break;
		if (entry->call != CALL_SAMPLE)
			continue;
		if (entry->session == context->entry->session)
			break;
		if (entry->session != async_close)
			continue;
		context_set(&annotation, context->view, position, entry);
		count += bare_in(&annotation);
	}
	return count;
}

/* And draws it. */
static bool counts(const struct context *context, uint32_t async_close)
{
	const struct counts *counts = &context->counts;
	uint64_t others = counts->data_out + counts->again + context_fin_was_sent(context);
	return counts->known && counts->out > others && !is_before_fin(context) &&
	       context_other_farewell(context) == FAREWELL_FIN &&
	       counts->out - others > seen(context, async_close);
}

static void add_reading(const struct context *context, uint64_t position, const struct entry *entry,
                        uint32_t async_close, struct fin_acknowledged *fin_acknowledged)
{
	struct context annotation;
	context_set(&annotation, context->view, position, entry);
	if (entry->session == async_close)
		fin_acknowledged->annotation = fin_acknowledged->annotation || tells(&annotation);
	else
		fin_acknowledged->counted =
		        fin_acknowledged->counted || counts(&annotation, async_close);
}

/* By what stands between the close() of this session, which is one end, and the scene. */
static struct fin_acknowledged find(const struct context *context, uint32_t async_close)
{
	struct fin_acknowledged fin_acknowledged = { 0 };
	const struct transcript *transcript = context->transcript;
	uint64_t position = context->position;
	for (int i = 0; context->both && i < LOOK_SINCE; i++) {
		position = transcript_previous(transcript, position);
		const struct entry *entry = transcript_at(transcript, position);
		if (!entry)
			break;
		if (entry->session == async_close && entry->call == CALL_CLOSE)
			return context_farewell(transcript, position) == FAREWELL_FIN
			               ? fin_acknowledged
			               : (struct fin_acknowledged){ 0 };
		bool ours = entry->session == context->view->session ||
		            entry->session == context->view->other;
		if (ours && entry->call == CALL_SAMPLE)
			add_reading(context, position, entry, async_close, &fin_acknowledged);
	}
	return (struct fin_acknowledged){ 0 };
}

bool fin_acknowledged_is_new(const struct context *context)
{
	return tells(context) && !find(context, context->entry->session).counted;
}

uint64_t fin_acknowledged_left(const struct context *context, uint64_t bare)
{
	if (!context->both || !bare)
		return bare;
	if (context_other_farewell(context) != FAREWELL_FIN)
		return 0;
	uint32_t async_close = context->side ? context->view->session : context->view->other;
	struct fin_acknowledged fin_acknowledged = find(context, async_close);
	uint64_t drawn = seen(context, async_close);
	drawn +=
	        fin_acknowledged.annotation && !fin_acknowledged.counted && !is_before_fin(context);
	return bare > drawn ? bare - drawn : 0;
}
