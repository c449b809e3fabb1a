// SPDX-License-Identifier: GPL-3.0-or-later
/* cable_loop: carries frames between two packet sockets through a cable, in a process of its own, whose
 * only work it is, so that no redraw delays a frame. The program and that process share a link: settings
 * go one way, strikes the other, statistics lie in memory that both map. A frame that leaves a host after
 * cable_link_set() has returned meets the new settings.
 *
 *	struct cable_link *link = cable_link_new(&error);    in the program
 *	fork();
 *	loop = cable_loop_new(link, lw, rw, &error);         in the child; the descriptors become its own
 *	cable_loop_run(loop);                                until the program frees the link, or dies
 *
 * The child calls no stdio and reads nothing of the program's memory but the link. */
#pragma once

#include "net/cable.h"

struct cable_link;
struct cable_loop;

struct cable_statistics {
	struct cable_counts from[HOST_COUNT]; /* of HOST_LEFT and HOST_RIGHT */
	uint64_t overrun; /* frames that came faster than the loop could read them, and are lost */
	uint64_t refused; /* that the other host's interface did not take */
	uint64_t unreported; /* strikes that the program did not read in time */
	uint64_t delays;     /* deliveries that were measured: */
	int64_t late_median, late_p99,
	        late_max; /* the delay given less the delay asked for, ns; the
	                                          * former two are upper bounds within 5 us */
};

/* ---- in the program ---- */

/* NULL with one line. */
struct cable_link *cable_link_new(struct error *error);
void cable_link_free(struct cable_link *link); /* ends the loop; NULL is none */

/* The rules that are over are left out. */
struct cable_settings cable_link_settings(const struct cable_link *link);
bool cable_link_set(struct cable_link *link, const struct cable_settings *settings,
                    struct error *error);
void cable_link_statistics(const struct cable_link *link, struct cable_statistics *statistics);
uint32_t cable_link_rule_seen(const struct cable_link *link, uint32_t number);

/* Readable when there are strikes: for the poller. */
int cable_link_descriptor(const struct cable_link *link);

/* The next strike; false where there is none now. They come in the order of their times. */
bool cable_link_take(struct cable_link *link, struct cable_strike *strike);

/* ---- in the process that owns the cable ---- */

/* Two AF_PACKET sockets of type SOCK_RAW, bound to the owner's ends of the cables to left and right.
 * NULL with one line; the descriptors are then still the caller's. */
struct cable_loop *cable_loop_new(struct cable_link *link, int left, int right,
                                  struct error *error);

/* Returns when the program has freed the link or has died. Frees the loop. */
void cable_loop_run(struct cable_loop *loop);
