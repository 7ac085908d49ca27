// A host or domain as settings and macros write it: "mail.example.org", "[192.0.2.1]:25", "example.org.".
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shorthop {

/// Strips brackets, port, final dot, and the tag of an IPv6 literal (RFC 5321, 4.1.3).
std::string_view bare_host(std::string_view text);

/// The bare host in the form for comparison: folded, and with A-labels if it is a name. The text may be a bare host
/// already.
std::string host_key(std::string_view text);

/// The port in "host:port" or "[host]:port"; empty: there is none.
std::string_view port_of_host(std::string_view text);

/// Whether this is the SMTP port, or empty: the default.
bool is_smtp_port(std::string_view port);

/// Whether the text has a port other than the SMTP port. Only a primary's services on the SMTP port are followed.
bool has_other_port(std::string_view text);

/// The hosts of a list, each with its brackets and port: Postfix >= 3.5 takes "smtp:[a.example], [b.example]:25" in
/// transport(5).
std::vector<std::string_view> hosts_in_list(std::string_view text);

/// Whether a domain is a subdomain of one of `parents`; the domain and the parents are folded.
bool is_below_any(std::string_view domain, const std::vector<std::string>& parents);

/// Whether a bare host is an IP address: digits and dots only, or containing a colon.
bool is_address_literal(std::string_view bare_host);

}  // namespace shorthop
