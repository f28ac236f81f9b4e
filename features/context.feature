Feature: The context of a plan
  What the caller says of a service is checked whole, and what is left out has a documented default.

  Scenario: What is left out has a default
    Given nothing is said of the service but its kind
    When the context is read
    Then the environment is "prod", the time slot "normal" and the weight 1

  Scenario Outline: Old names are understood
    Given the caller says "<alias>" is 7
    When the context is read
    Then "<field>" is 7

    Examples:
      | alias         | field          |
      | current_users | expected_users |
      | cpu           | curr_cpu       |
      | memory        | curr_mem       |

  Scenario: A time without zone is UTC
    Given the caller says "timestamp" is "2026-11-23T12:00:00"
    When the context is read
    Then the time is 12 o'clock UTC

  Scenario: Every bad field is named at once
    Given the caller says "service_type" is "queue"
    And the caller says "weight" is -1
    And the caller says "risk" is 0.9
    When the context is read
    Then the bad fields are "service_type, weight, risk"
