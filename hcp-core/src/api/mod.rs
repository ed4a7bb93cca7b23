//! The API types of hosted control planes: `hypershift.openshift.io/v1beta1`.
