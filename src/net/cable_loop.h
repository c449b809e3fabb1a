// SPDX-License-Identifier: GPL-3.0-or-later
/* cable_loop: carries frames between two packet sockets through a cable, in a process that does
 * nothing else, so that no redraw delays a frame. That process and the program share a link: settings
 * go one way, strikes the other, and statistics are in memory that both map. A frame that leaves its
 * host after cable_link_set() has returned meets the new settings.
 *
 *	struct cable_link *link = cable_link_new(&error);        in the program, before fork()
 *	int kept = cable_link_enter(link);                       in the child
 *	struct cable_loop *loop = cable_loop_new(link, …);
 *	cable_loop_run(loop);                                    until the program is gone
 *
 * Any other child frees its copy of the link, or closes what it has inherited: else the loop does not
 * see the end of the program. */
#pragma once

#include "net/cable.h"

struct cable_link;
struct cable_loop;

struct cable_statistics {
	struct cable_counts from[HOST_COUNT]; /* of HOST_LEFT and HOST_RIGHT */
	uint64_t overrun;    /* frames that came faster than they could be read, and are lost */
	uint64_t refused;    /* deliveries that the interface did not take */
	uint64_t unreported; /* strikes that the program did not take in time */
	uint64_t measured;   /* deliveries: how much later than they were due, ns, */
	int64_t late_median, late_p99, late_max; /* the former two in steps of 5 us */
};

/* ---- in the program ---- */

/* NULL with one line. */
struct cable_link *cable_link_new(struct error *error);
void cable_link_free(struct cable_link *link); /* ends the loop; NULL is none */

/* Those in force, without the rules that are over; *seen: how many frames of its kind each rule has
 * seen. */
void cable_link_settings(const struct cable_link *link, struct cable_settings *settings,
                         uint32_t seen[CABLE_RULES]);
bool cable_link_set(struct cable_link *link, const struct cable_settings *settings,
                    struct error *error);
void cable_link_statistics(const struct cable_link *link, struct cable_statistics *statistics);

/* Can be read from when there are strikes. */
int cable_link_descriptor(const struct cable_link *link);

/* The next strike, in the order of their times; false where there is none now. */
bool cable_link_take(struct cable_link *link, struct cable_strike *strike);

/* ---- in the child ---- */

/* From now on the link is the child's end of it. Returns the one descriptor that it needs. */
int cable_link_enter(struct cable_link *link);

/* Two packet sockets of type SOCK_RAW, bound to the owner's ends of the cable to left and to right.
 * NULL with one line; then both are still the caller's. */
struct cable_loop *cable_loop_new(struct cable_link *link, int left, int right,
                                  struct error *error);

/* Returns when the program has freed the link or has died. Frees the loop with its copy of the link. */
void cable_loop_run(struct cable_loop *loop);
