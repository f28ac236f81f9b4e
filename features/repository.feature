Feature: Plans for the services of a repository
  A repository says what will run before anything has run. The planner uses what is known and says what is not.

  Scenario: A service that has run for two weeks is planned from its past
    Given the repository runs the api "shop-api" with 4 vCPUs and 8 GiB
    And "shop-api" has used a tenth of its CPU and memory for two weeks
    When the planner plans the repository
    Then the plan of "shop-api" rests on its history
    And "shop-api" is over-provisioned by 4.3 USD per day

  Scenario: A service that never ran is planned from its profile, and the plan says so
    Given the repository runs the api "new-api" with 1 vCPUs and 2 GiB
    When the planner plans the repository
    Then the plan of "new-api" rests on its profile alone
    And the plan of "new-api" is marked as a fallback
    And "small" is recommended for "new-api"

  Scenario: A cluster's past is not taken for a new service's own
    Given only the cluster as a whole was measured
    And the repository runs the api "shop" with 1 vCPUs and 2 GiB
    When the planner plans the repository
    Then the plan of "shop" rests on its profile alone

  Scenario: A worker is planned as the nearest kind
    Given the repository runs the worker "mailer" with 1 vCPUs and 2 GiB
    When the planner plans the repository
    Then the plan of "mailer" says "a worker is planned as the nearest kind, api"
