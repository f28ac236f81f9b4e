Feature: What if things were different
  The same service under more users, other replicas, another provider or risk: before and after, with cost and risk.

  Background:
    Given "shop" has 336 hours of "avg_cpu" swinging daily between 0.2 and 0.4
    And one replica has 2 vCPUs and 4 GiB

  Scenario: Three times the users
    When the planner asks for "avg_cpu" of "shop" and what if "users_factor" were 3
    Then the size goes from "small" to "large"
    And it costs 4.3 USD per day more
    And keeping the size would leave it too small for most of the hours

  Scenario: Twice the users on twice the replicas leave each replica as it was
    When the planner asks for "avg_cpu" of "shop" and what if "users_factor" were 2 and "replicas" were 2
    Then the size goes from "small" to "small"
    And it costs 1.2 USD per day more

  Scenario: What is assumed is said
    When the planner asks for "avg_cpu" of "shop" and what if "users_factor" were 2
    Then it is assumed that "the load is 2 times as high in every hour"

  Scenario: A change nobody knows is refused rather than ignored
    When the planner asks for "avg_cpu" of "shop" and what if "user_factor" were 3
    Then the plan is refused as "context_invalid"
