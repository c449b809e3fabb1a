// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/tls/certificate.h"

#include <openssl/bio.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <stdio.h>

enum { DAYS = 30 }; /* that one made here is valid */

void certificate_put_name(const X509_NAME *name, struct buf *out)
{
	char *text = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ) >= 0) {
		long len = BIO_get_mem_data(bio, &text);
		if (len > CERTIFICATE_NAME_MOST)
			buf_printf(out, "%.*s...", CERTIFICATE_NAME_MOST - 3, text);
		else
			buf_append(out, text, len > 0 ? (size_t)len : 0);
	}
	BIO_free(bio);
}

void certificate_put_subject(const X509 *certificate, struct buf *out)
{
	size_t before = out->len;
	certificate_put_name(X509_get_subject_name(certificate), out);
	if (out->len == before)
		buf_append_text(out, "no name");
}

void certificate_put_time(const ASN1_TIME *time, struct buf *out)
{
	struct tm tm;
	if (ASN1_TIME_to_tm(time, &tm))
		buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d UTC", tm.tm_year + 1900,
		           tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	else
		buf_append_text(out, "a time that cannot be read");
}

/* One name of a certificate; false where it is of a kind that no host has. */
static bool put_host(const GENERAL_NAME *name, struct buf *out)
{
	int kind;
	const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &kind);
	const unsigned char *bytes = value ? ASN1_STRING_get0_data(value) : NULL;
	int len = value ? ASN1_STRING_length(value) : 0;
	if (kind == GEN_DNS) {
		size_t most = len < CERTIFICATE_NAME_MOST ? (size_t)len : CERTIFICATE_NAME_MOST;
		for (size_t i = 0; i < most; i++)
			buf_printf(out, "%c", bytes[i] > ' ' && bytes[i] < 127 ? bytes[i] : '?');
		return len > 0;
	}
	if (kind == GEN_IPADD && (len == 4 || len == 16)) {
		char text[INET6_ADDRSTRLEN] = "";
		inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text);
		buf_append_text(out, text);
		return true;
	}
	return false;
}

void certificate_put_hosts(const X509 *certificate, struct buf *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	int count = names ? sk_GENERAL_NAME_num(names) : 0, listed = 0, all = 0;
	for (int i = 0; i < count; i++) {
		struct buf one = { .max = SIZE_MAX };
		if (put_host(sk_GENERAL_NAME_value(names, i), &one) &&
		    ++all <= CERTIFICATE_NAMES_MOST)
			buf_printf(out, "%s%s", listed++ ? ", " : "", buf_text(&one));
		buf_free(&one);
	}
	if (all > listed)
		buf_printf(out, " and %d more", all - listed);
	if (!all)
		buf_append_text(out, "none");
	GENERAL_NAMES_free(names);
}

void certificate_fingerprint(const X509 *certificate, char out[CERTIFICATE_FINGERPRINT])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	*out = '\0';
	if (!X509_digest(certificate, EVP_sha256(), digest, &len))
		return;
	out += sprintf(out, "sha256:");
	for (unsigned i = 0; i < len && i < 32; i++)
		out += sprintf(out, "%02x", digest[i]);
}

bool certificate_host_is_address(const char *host)
{
	ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
	ASN1_OCTET_STRING_free(address);
	return address != NULL;
}

bool certificate_names_host(X509 *certificate, const char *host)
{
	if (!*host)
		return true;
	return certificate_host_is_address(host)
	               ? X509_check_ip_asc(certificate, host, 0) == 1
	               : X509_check_host(certificate, host, 0, CERTIFICATE_NAMES, NULL) == 1;
}

bool certificate_has_common_name(X509 *certificate, const char *host)
{
	unsigned flags =
	        X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
	if (certificate_host_is_address(host)) {
		flags |= X509_CHECK_FLAG_NO_WILDCARDS;
		if (X509_check_host(certificate, host, 0, CERTIFICATE_NAMES, NULL) == 1)
			return false; /* a name that looks like an address */
	}
	return X509_check_host(certificate, host, 0, flags, NULL) == 1;
}

static bool add_extension(X509 *certificate, int kind, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
	bool added = extension && X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
	return added;
}

bool certificate_make(X509 **certificate, EVP_PKEY **private_key)
{
	unsigned char serial[8];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *made = X509_new();
	X509_NAME *name = made ? X509_get_subject_name(made) : NULL;
	BIGNUM *number = RAND_bytes(serial, sizeof serial) == 1
	                         ? BN_bin2bn(serial, sizeof serial, NULL)
	                         : NULL;
	bool good =
	        key && name && number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(made)) &&
	        X509_set_version(made, X509_VERSION_3) &&
	        X509_gmtime_adj(X509_getm_notBefore(made), -60) &&
	        X509_time_adj_ex(X509_getm_notAfter(made), DAYS, 0, NULL) &&
	        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	                                   (const unsigned char *)"sockpit", -1, -1, 0) &&
	        X509_set_issuer_name(made, name) && X509_set_pubkey(made, key) &&
	        add_extension(made, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") &&
	        X509_sign(made, key, EVP_sha256());
	BN_free(number);
	*certificate = made;
	*private_key = key;
	return good;
}
