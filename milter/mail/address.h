// A validated mail address: parsed once on input, compared by its key.
// Not here: paths with angle brackets and source routes (rcpt.h), aliases and look-ups (tables/, primary/).
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace shorthop {

/// Why a text is not an address; the caller adds the file and line.
struct AddressError {
  std::string what;
  bool operator==(const AddressError&) const = default;
};

struct ByteSurvey;

/// A mailbox "local-part@domain" in internal (unquoted) form, ASCII or UTF-8 (RFC 6531, 3.3). The local part has 1 to
/// 255 bytes and no control characters. The domain consists of LDH labels and underscores (RFC 1035, 2.3.4: at most 255
/// bytes) or of U-labels that convert to these. A domain literal, a final dot and the null address are errors: such
/// addresses cannot be compared, so their recipients are kept.
class Address {
 public:
  /// Parses the form used on the wire and in tables: the local part may be quoted (RFC 5321, 4.1.2).
  static std::expected<Address, AddressError> parse(std::string_view external);
  /// Builds an address from two parts in internal form; checks the same rules as parse().
  static std::expected<Address, AddressError> from_parts(std::string_view local_part, std::string_view domain);

  std::string_view local_part() const { return std::string_view(text_).substr(0, at_); }
  std::string_view domain() const { return std::string_view(text_).substr(at_ + 1); }

  /// Whether the external form needs quotes: the local part is not a dot-string (RFC 5321, 4.1.2; with UTF-8: RFC 6531,
  /// 3.3).
  bool needs_quotes() const { return needs_quotes_; }
  /// Whether Postfix's resolver would look for another address inside the local part: `user%domain`, `host!user`,
  /// `"user@domain"` (postconf(5) allow_percent_hack, swap_bangpath; trivial-rewrite(8)).
  bool has_routing_operator() const { return has_routing_operator_; }
  /// Whether the address may be used in a session without SMTPUTF8.
  bool is_ascii() const { return is_ascii_; }
  /// The folded domain with A-labels (RFC 5890), for comparison with domains of this host and of relays.
  std::string_view a_label_domain() const {
    return forms_ && !forms_->a_labels.empty() ? std::string_view(forms_->a_labels) : key_domain();
  }

  /// The folded local part, unquoted, and a_label_domain(), for comparison with addresses in settings.
  std::string a_label_key() const { return std::string(key_local_part()).append(1, '@').append(a_label_domain()); }

  /// "local-part@domain", unquoted, in its original case.
  const std::string& internal() const& { return text_; }
  std::string internal() && { return std::move(text_); }
  /// The internal form, folded: Postfix's tables and local(8) treat addresses with equal keys as the same. The domain
  /// keeps its spelling: to Postfix a U-label and its A-label are two domains (SMTPUTF8_README).
  const std::string& key() const { return forms_ ? forms_->key : text_; }
  std::string_view key_local_part() const { return std::string_view(key()).substr(0, key_at()); }
  std::string_view key_domain() const { return std::string_view(key()).substr(key_at() + 1); }
  /// The form for the wire: the local part quoted where RFC 5321, 4.1.2 asks for it.
  const std::string& external() const { return forms_ ? forms_->external : text_; }

  bool operator==(const Address& other) const { return key() == other.key(); }

 private:
  static std::expected<Address, AddressError> made_of(std::string_view local_part, const ByteSurvey& atoms,
                                                      std::string_view domain);
  /// The forms of an address, if at least one of them differs from its text.
  struct Forms {
    std::string key;
    std::size_t key_at = 0;
    std::string external;
    std::string a_labels;  ///< empty: equal to the domain of `key`
  };

  Address(std::string text, std::size_t at, const ByteSurvey& atoms);
  std::size_t key_at() const { return forms_ ? forms_->key_at : at_; }

  std::string text_;
  std::size_t at_ = 0;
  std::shared_ptr<const Forms> forms_;  ///< null for most addresses: every form is the text
  bool is_ascii_ = true;
  bool needs_quotes_ = false;
  bool has_routing_operator_ = false;
};

/// The external form of a local part: unchanged if it is a dot-string (RFC 5321, 4.1.2), else quoted.
std::string quoted_local_part(std::string_view local_part);
/// The key of an address with the quotes of its external form.
std::string quoted_key(const Address& address);

/// The internal form of an external local part ("a b" -> a b); an unbalanced quote is an error.
std::expected<std::string, AddressError> unquoted_local_part(std::string_view external);

/// Whether a local part may be an SRS address: SRS0 or SRS1, then one of the separators that PostSRSd and libsrs2 know.
/// An SRS daemon turns it back into the address of a sender, so no table says where it leads.
bool is_srs(std::string_view local_part);

/// Whether `Address` accepts the text as a domain.
bool is_domain(std::string_view text);
/// Whether the text is a domain without U-labels.
bool is_host_name(std::string_view text);

}  // namespace shorthop
