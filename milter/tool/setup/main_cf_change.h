// main.cf replaced, proved by postconf(1), and put into force; or put back as it was.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "postfix/postfix_facts.h"
#include "tool/setup/postfix_control.h"
#include "tool/setup/setup_plan.h"
#include "tool/subcommand.h"

namespace shorthop::tool {

/// Asks the Postfix as it is now.
using AskPostfix = std::function<std::expected<PostfixFacts, std::string>()>;

/// What the changed Postfix must say; a sentence if it does not.
using ProvedBy = std::function<std::expected<void, std::string>(const PostfixFacts& before, const PostfixFacts& after)>;

/// Writes the text, lets postconf read it, and reloads Postfix if it runs. After any failure main.cf is what it was,
/// and in force. Says what it does on `output`; the error is a sentence.
std::expected<void, std::string> change_main_cf(const TextEdit& edit, const AskPostfix& ask, const ProvedBy& proved,
                                                const PostfixControl& control, Output& output);

/// Every parameter is as before, but for lists of milters; and shorthop is the last of smtpd_milters.
std::expected<void, std::string> only_milters_changed(const PostfixFacts& before, const PostfixFacts& after);

}  // namespace shorthop::tool
