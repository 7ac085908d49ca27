"""The case files of the profile sendmail, with Sendmail as primary and Postfix as secondary."""
import test_cases

SYSTEMS = {"primary": "sendmail"}

globals().update(test_cases.tests_of("sendmail"))
