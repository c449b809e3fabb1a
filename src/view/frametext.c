// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/frametext.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

#include "base/count.h"
#include "base/text.h"
#include "socket/constant.h"

bool frametext_name_records(const struct view *view, uint64_t position,
                            const struct frame_note *note, size_t most,
                            struct recordtext_names *names)
{
	const struct segment *segment = &note->segment;
	enum frame_event event = frametext_event(note, view->port);
	bool known = view->owner && (event == FRAME_LEAVES || event == FRAME_ARRIVES);
	*names = (struct recordtext_names){ .list = { .max = SIZE_MAX } };
	if (!known || segment->name != SEGMENT_DATA || !segment->len || !segment->seq_based ||
	    segment->offset < 0)
		return false;
	return recordtext_name_range(view->transcript, position, view->owner,
	                             event == FRAME_LEAVES, (uint64_t)segment->offset, segment->len,
	                             most, names);
}

bool frametext_read(const struct frame_note *note, struct frame *frame)
{
	return frame_read(note->bytes, note->kept, note->len, frame);
}

enum frame_event frametext_event(const struct frame_note *note, uint16_t port)
{
	struct frame frame;
	if (note->event != FRAME_PASSES || !port || !frametext_read(note, &frame))
		return (enum frame_event)note->event;
	return frame.from.port == port ? FRAME_LEAVES : FRAME_ARRIVES;
}

static const char *arrow(void)
{
	return text_has_unicode() ? "→" : ">";
}

static void put_addr(const struct endpoint *addr, struct buf *out)
{
	char text[ENDPOINT_TEXT];
	buf_append_text(out, addr->port ? endpoint_format(addr, text)
	                                : endpoint_format_host(addr, text));
}

static void put_event(const struct frame_note *note, struct buf *out)
{
	if (note->event == FRAME_MISSED) {
		buf_append(out, note->words, note->words_len);
	} else if (note->event > FRAME_PASSES) {
		const char *name = frame_event_name(note->event), *rule = note->words;
		size_t len = note->words_len;
		/* "lost (1%)": the rule "loss 1%" begins with the same word */
		const char *blank =
		        len > 3 && memcmp(rule, name, 3) == 0 ? memchr(rule, ' ', len) : NULL;
		if (blank) {
			len -= (size_t)(blank + 1 - rule);
			rule = blank + 1;
		}
		buf_append_text(out, name);
		if (len)
			buf_printf(out, " (%.*s)", (int)len, rule);
	}
}

static void put_name(const struct frame_note *note, const struct frame *frame, bool brief,
                     struct buf *out)
{
	static const char *const names[] = {
		[FRAME_OTHER] = "frame", [FRAME_ARP] = "ARP", [FRAME_ND] = "ND",
		[FRAME_ICMP] = "ICMP",   [FRAME_UDP] = "UDP", [FRAME_FRAGMENT] = "fragment",
	};
	const struct segment *segment = &note->segment;
	if (frame->kind != FRAME_TCP) {
		buf_append_text(out, frame->kind == FRAME_ICMP && frame->ipv6 ? "ICMPv6"
		                                                              : names[frame->kind]);
		return;
	}
	buf_append_text(out, brief ? segment_name_short(segment->name)
	                           : segment_name_text(segment->name));
	if (segment->copy > 1 + (segment->name == SEGMENT_FAST_RETRANSMISSION))
		buf_printf(out, " #%u", segment->copy);
	else if (segment->duplicate)
		buf_printf(out, " #%u", segment->duplicate);
	if (segment->fills_window)
		buf_append_text(out, brief ? ", full" : ", window full");
	if (note->pieces > 1)
		buf_printf(out, " (%u in one frame)", note->pieces);
}

static void put_flags(const struct frame_tcp *tcp, struct buf *out)
{
	static const struct {
		uint8_t flag;
		const char *name;
	} flags[] = {
		{ FRAME_SYN, "SYN" }, { FRAME_FIN, "FIN" }, { FRAME_RST, "RST" },
		{ FRAME_PSH, "PSH" }, { FRAME_ACK, "ACK" }, { FRAME_URG, "URG" },
		{ FRAME_ECE, "ECE" }, { FRAME_CWR, "CWR" },
	};
	const char *between = "";
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (tcp->flags & flags[i].flag) {
			buf_printf(out, "%s%s", between, flags[i].name);
			between = ",";
		}
}

static void put_seq(const struct segment *segment, const struct frame *frame, bool relative,
                    struct buf *out)
{
	if (relative)
		buf_printf(out, "%" PRId64, segment->seq);
	else
		buf_printf(out, "%" PRIu32, frame->tcp.seq);
	if (frame->len && relative)
		buf_printf(out, ":%" PRId64,
		           segment->seq + !!(frame->tcp.flags & FRAME_SYN) + frame->len);
	else if (frame->len)
		buf_printf(out, ":%" PRIu32, frame->tcp.seq + frame->len);
}

static void put_ack(const struct segment *segment, const struct frame *frame, bool relative,
                    struct buf *out)
{
	if (relative)
		buf_printf(out, "%" PRId64, segment->ack);
	else
		buf_printf(out, "%" PRIu32, frame->tcp.ack);
}

static void put_sacks(const struct segment *segment, const struct frame_tcp *tcp, struct buf *out)
{
	buf_append_text(out, frame_has_dsack(tcp) ? "D-SACK" : "SACK");
	for (int i = 0; i < tcp->sacks; i++) {
		uint32_t from = tcp->sack[i].from, to = tcp->sack[i].to;
		if (segment->ack_based)
			buf_printf(out, " %" PRId64 ":%" PRId64,
			           segment->ack + (int32_t)(from - tcp->ack),
			           segment->ack + (int32_t)(to - tcp->ack));
		else
			buf_printf(out, " %" PRIu32 ":%" PRIu32, from, to);
	}
}

static void put_comma(size_t begin, struct buf *out)
{
	if (out->len > begin)
		buf_append_text(out, ", ");
}

static void put_options(const struct segment *segment, const struct frame_tcp *tcp, struct buf *out)
{
	size_t begin = out->len;
	if (tcp->options & FRAME_MSS)
		buf_printf(out, "mss %u", tcp->mss);
	if (tcp->options & FRAME_SCALE) {
		put_comma(begin, out);
		buf_printf(out, "scale %u", tcp->scale);
	}
	if (tcp->options & FRAME_SACK_OK) {
		put_comma(begin, out);
		buf_append_text(out, "SACK ok");
	}
	if (tcp->options & FRAME_FASTOPEN) {
		put_comma(begin, out);
		if (tcp->cookie_len)
			buf_printf(out, "Fast Open cookie of %u bytes", tcp->cookie_len);
		else
			buf_append_text(out, "asks for a Fast Open cookie");
	}
	if (tcp->options & FRAME_SACK) {
		put_comma(begin, out);
		put_sacks(segment, tcp, out);
	}
	if (tcp->options & FRAME_TIMESTAMPS) {
		put_comma(begin, out);
		buf_printf(out, "ts %" PRIu32 " echo %" PRIu32, tcp->ts_value, tcp->ts_echo);
	}
	if (tcp->options & (FRAME_OPTION_OTHER | FRAME_OPTION_BAD)) {
		put_comma(begin, out);
		buf_append_text(out, tcp->options & FRAME_OPTION_BAD ? "options that cannot be read"
		                                                     : "other options");
	}
}

static void put_mac(const uint8_t mac[6], struct buf *out)
{
	buf_printf(out, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
	           mac[5]);
}

static void put_question(const struct frame *frame, struct buf *out)
{
	if (frame->answer) {
		put_addr(&frame->from, out);
		buf_append_text(out, " is at ");
		put_mac(frame->mac, out);
		return;
	}
	buf_append_text(out, "who has ");
	put_addr(&frame->to, out);
	buf_append_text(out, "?");
	if (endpoint_is_any(&frame->from)) {
		buf_append_text(out, " is it taken?"); /* RFC 5227, RFC 4862 */
	} else {
		buf_append_text(out, " tell ");
		put_addr(&frame->from, out);
	}
}

static void put_icmp(const struct frame *frame, struct buf *out)
{
	static const char *const quoted[] = {
		[FRAME_TCP] = "TCP",
		[FRAME_UDP] = "UDP",
		[FRAME_ICMP] = "ICMP",
		[FRAME_FRAGMENT] = "fragment",
	};
	uint8_t request = frame->ipv6 ? 128 : 8, reply = frame->ipv6 ? 129 : 0; /* echo */
	char text[CONSTANT_TEXT];
	const struct frame_quoted *packet = &frame->icmp.quoted;
	if (frame->icmp.type == request || frame->icmp.type == reply) {
		buf_printf(out, "echo %s, id %u, seq %u",
		           frame->icmp.type == request ? "request" : "reply", frame->icmp.id,
		           frame->icmp.seq);
		return;
	}
	const char *named = constant_icmp(frame->ipv6, frame->icmp.type, frame->icmp.code, text);
	buf_append_text(out, strchr(named, ' ') + 1); /* after "ICMP" */
	if (frame->icmp.mtu)
		buf_printf(out, ", mtu %" PRIu32, frame->icmp.mtu);
	if (packet->kind == FRAME_OTHER)
		return;
	buf_printf(out, " for %s ", quoted[packet->kind]);
	put_addr(&packet->from, out);
	buf_printf(out, " %s ", arrow());
	put_addr(&packet->to, out);
}

static void put_details(const struct frame *frame, struct buf *out)
{
	switch (frame->kind) {
	case FRAME_ARP:
	case FRAME_ND:
		put_question(frame, out);
		return;
	case FRAME_ICMP:
		put_icmp(frame, out);
		return;
	case FRAME_FRAGMENT:
		buf_printf(out, "%s, id %" PRIu32 ", bytes %" PRIu32 ":%" PRIu32 "%s",
		           frame->protocol == IPPROTO_UDP   ? "UDP"
		           : frame->protocol == IPPROTO_TCP ? "TCP"
		                                            : "ICMP",
		           frame->ip_id, frame->fragment_start, frame->fragment_start + frame->len,
		           frame->more_fragments ? "" : ", the last");
		return;
	case FRAME_OTHER:
		if (endpoint_is_set(&frame->from))
			buf_printf(out, "IP protocol %u", frame->protocol);
		else if (frame->ethertype)
			buf_printf(out, "type 0x%04x", frame->ethertype);
		else
			buf_append_text(out, "cut off");
		return;
	default:
		return;
	}
}

static bool has_ends(const struct frame *frame)
{
	return frame->kind != FRAME_ARP && frame->kind != FRAME_ND && endpoint_is_set(&frame->from);
}

static void put_tcp(const struct frame_note *note, const struct frame *frame,
                    enum frametext_part part, struct buf *out)
{
	const struct segment *segment = &note->segment;
	const struct frame_tcp *tcp = &frame->tcp;
	bool ack = tcp->flags & FRAME_ACK;
	switch (part) {
	case FRAMETEXT_FLAGS:
		put_flags(tcp, out);
		return;
	case FRAMETEXT_SEQ:
		buf_append_text(out, "seq ");
		put_seq(segment, frame, segment->seq_based, out);
		return;
	case FRAMETEXT_ACK:
		if (ack) {
			buf_append_text(out, "ack ");
			put_ack(segment, frame, segment->ack_based, out);
		}
		return;
	case FRAMETEXT_WINDOW:
		if (!(tcp->flags & FRAME_RST) && segment->name != SEGMENT_DAMAGED)
			buf_printf(out, "win %" PRIu32 "%s", segment->window,
			           segment->scaled ? "" : " unscaled");
		return;
	case FRAMETEXT_SCALE:
		if (segment->scaled && tcp->window && segment->window != tcp->window)
			buf_printf(out, "%u x %" PRIu32, tcp->window,
			           segment->window / tcp->window);
		return;
	case FRAMETEXT_ABSOLUTE:
		put_seq(segment, frame, false, out);
		if (ack) {
			buf_append_text(out, ", ");
			put_ack(segment, frame, false, out);
		}
		return;
	case FRAMETEXT_OPTIONS:
		put_options(segment, tcp, out);
		return;
	default:
		return;
	}
}

void frametext(const struct frame_note *note, const struct frame *frame, enum frametext_part part,
               struct buf *out)
{
	char text[COUNT_TEXT];
	switch (part) {
	case FRAMETEXT_EVENT:
		put_event(note, out);
		return;
	case FRAMETEXT_NAME:
	case FRAMETEXT_BRIEF:
		put_name(note, frame, part == FRAMETEXT_BRIEF, out);
		return;
	case FRAMETEXT_ENDS:
		if (has_ends(frame)) {
			put_addr(&frame->from, out);
			buf_printf(out, " %s ", arrow());
			put_addr(&frame->to, out);
		}
		return;
	case FRAMETEXT_PORTS:
		if (has_ends(frame) && frame->from.port)
			buf_printf(out, "%u %s %u", frame->from.port, arrow(), frame->to.port);
		return;
	case FRAMETEXT_DETAILS:
		put_details(frame, out);
		return;
	case FRAMETEXT_LENGTH:
		if (frame->len && frame->kind != FRAME_ND && frame->icmp.quoted.kind == FRAME_OTHER)
			buf_append_text(out, count_format_unit(frame->len, "B", text));
		return;
	default:
		if (frame->kind == FRAME_TCP)
			put_tcp(note, frame, part, out);
		return;
	}
}
