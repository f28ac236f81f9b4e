Feature: Weight and clamp
  The weight scales the forecast; clamping is for what is shown, never for what is sized.

  Scenario: The weight multiplies
    Given "shop" has 336 hours of "requests" around 1000
    And the context says "weight" is 3
    When the planner asks for "requests" of "shop"
    Then the day ahead lies around 3000

  Scenario: A ratio is never shown above 1, but sized in full
    Given "shop" has 336 hours of "avg_cpu" around 0.5
    And one replica has 2 vCPUs and 4 GiB
    And the context says "weight" is 3
    When the planner asks for "avg_cpu" of "shop"
    Then no value shown is above 1
    And CPU needs about 3 vCPUs or more

  Scenario: A weight of nothing leaves nothing
    Given "shop" has 336 hours of "requests" around 1000
    And the context says "weight" is 0
    When the planner asks for "requests" of "shop"
    Then every value shown is 0
