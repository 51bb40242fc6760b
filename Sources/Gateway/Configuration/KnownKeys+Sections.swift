import Fal

extension KnownKeys {
    static let document = KnownKeys(
        honoured: [
            "model_list", "litellm_settings", "router_settings", "general_settings", "environment_variables", "strict_config",
        ],
        ignored: words("""
            assistant_settings callback_settings credential_list default_vertex_config files_settings finetune_settings
            jwt_auth mcp_aliases mcp_servers mcp_tools pass_through_endpoints policies policy_attachments prompts
            search_tools vector_store_registry worker_registry
            """),
        unenforced: ["guardrails"])

    static let model = KnownKeys(honoured: ["model_name", "litellm_params", "model_info"], ignored: ["blocked", "tpm", "rpm"])

    /// Keys that are not listed are parameters for fal.
    static let parameters = KnownKeys(
        honoured: words("""
            additional_drop_params api_base api_key base_model custom_llm_provider drop_params extra_body extra_headers
            input_cost_per_image litellm_credential_name max_parallel_requests mock_response model num_retries order
            output_cost_per_image output_cost_per_pixel rpm timeout tpm weight
            """),
        ignored: words("""
            acompletion aimg_generation allowed_model_region allowed_openai_params api_version assistant_continue_message
            atext_completion azure bos_token cache cache_control_injection_points cache_key caching caching_groups call_id
            citation_cost_per_token client client_id client_secret complete_response
            configurable_clientside_auth_params context_window_fallback_dict cooldown_time default_api_key_rpm_limit
            default_api_key_tpm_limit disable_add_transform_inline_image_block enable_json_schema_validation
            ensure_alternating_roles eos_token fallback_depth fallbacks fastest_response final_prompt_value force_timeout
            guardrails headers hf_model_name http_client id itpm logger_fn max_fallbacks max_retries
            merge_reasoning_content_in_choices messages metadata mock_timeout model_config model_file_id_mapping
            model_info model_list no-log organization otpm preset_cache_key prompt_id prompt_label prompt_variables
            prompt_version provider_specific_header proxy_server_request region_name request_timeout retry_policy
            retry_strategy roles s3_bucket_name search_context_cost_per_query search_tool_name secret_fields
            shared_session ssl_verify stream_timeout supports_system_message tags tenant_id text_completion
            tiered_pricing ttl turn_off_message_logging use_chat_completions_api use_in_pass_through
            user_continue_message verbose wandb_api_key
            """),
        unenforced: ["budget_duration", "max_budget"],
        ignoredPrefixes: costs + [
            "arize_", "aws_", "azure_", "bitbucket_", "gcs_", "gitlab_", "humanloop_", "langfuse_", "langsmith_",
            "litellm_", "posthog_", "vertex_", "watsonx_", "weave_",
        ])

    /// Any key may stand here; these are the ones with a meaning, and LiteLLM's other prices.
    static let info = KnownKeys(
        honoured: EndpointProfile.overridableKeys + words("""
            base_model default_response_format id input_cost_per_image mode nsfw_policy output_cost_per_image
            output_cost_per_pixel size_policy
            """),
        ignoredPrefixes: costs)

    static let litellm = KnownKeys(
        honoured: words("""
            allowed_fails cooldown_time default_fallbacks drop_params fallbacks num_retries request_timeout
            """),
        ignored: words("""
            add_function_to_prompt api_base api_key budget_exceeded_status_code cache cache_params callbacks
            content_policy_fallbacks context_window_fallbacks cost_discount_config cost_margin_config
            credential_list custom_provider_map datadog_params default_internal_user_params
            default_key_generate_params default_redis_batch_cache_expiry default_team_params default_team_settings
            disable_add_transform_inline_image_block disable_copilot_system_to_assistant disable_end_user_cost_tracking
            disable_end_user_cost_tracking_prometheus_only disable_hf_tokenizer_download
            disable_token_counter enable_json_schema_validation enable_key_alias_format_validation
            enable_preview_features extra_spend_tag_headers failure_callback force_ipv4
            include_cost_in_streaming_usage json_logs langfuse_default_tags mcp_aliases mcp_semantic_tool_filter
            model_alias_map modify_params num_retries_per_request
            organization post_call_rules pre_call_rules presidio_ad_hoc_recognizers priority_reservation
            prometheus_initialize_budget_metrics prometheus_metrics_config public_model_groups
            redact_messages_in_exceptions redact_user_api_key_info require_auth_for_metrics_endpoint
            return_response_headers s3_callback_params secret_manager_settings service_callback service_callbacks
            set_verbose ssl_certificate ssl_verify store_audit_logs success_callback suppress_debug_info telemetry
            turn_off_message_logging use_chat_completions_url_for_anthropic_messages use_client user_url_validation
            """),
        unenforced: words("""
            budget_duration default_max_internal_user_budget guardrails internal_user_budget_duration key_generation_settings
            max_budget max_end_user_budget max_end_user_budget_id max_internal_user_budget max_user_budget
            tag_budget_config upperbound_key_generate_params
            """))

    static let router = KnownKeys(
        honoured: words("""
            allowed_fails cooldown_time default_fallbacks disable_cooldowns fallbacks max_fallbacks model_group_alias
            num_retries optional_pre_call_checks retry_after routing_strategy timeout
            """),
        ignored: words("""
            alerting_config allowed_fails_policy assistants_config auto_router_capabilities cache_kwargs
            cache_responses caching_groups client_ttl content_policy_fallbacks context_window_fallbacks
            debug_level default_litellm_params default_priority
            enable_health_check_routing enable_pre_call_check enable_pre_call_checks enable_tag_filtering
            enable_weighted_failover health_check_staleness_threshold ignore_invalid_deployments
            model_group_retry_policy model_list polling_interval redis_db redis_host
            redis_password redis_port redis_url retry_policy router_general_settings routing_groups
            routing_strategy_args search_tools set_verbose stream_timeout tag_filtering_match_any
            deployment_affinity_ttl_seconds weights
            """),
        unenforced: ["default_max_parallel_requests", "guardrail_list", "provider_budget_config"])

    static let general = KnownKeys(
        honoured: words("""
            allow_private_webhooks allowed_image_hosts dangerously_permit_weak_or_unset_master_key database_url default_response_format
            fal_jwks_url follow global_max_parallel_requests join_retries learn_models litellm_key_header_name master_key
            max_images_per_request max_input_images max_parallel_requests max_request_size_mb metrics nsfw_policy on_disconnect
            openapi_base pricing_base public_url result_ttl
            retry_paid_failures size_policy store_images store_images_max_bytes strict_config unpriced_models webhook_secret
            """),
        ignored: words("""
            admission_queue_timeout_seconds alert_to_webhook_url alert_type_config alert_types alerting alerting_args
            alerting_threshold allow_client_side_credentials allow_requests_on_db_unavailable allow_user_auth
            always_include_stream_usage background_health_check_model_groups background_health_checks
            cancel_on_disconnect coding_agents completion_model control_plane_url
            custom_key_generate custom_sso custom_ui_sso_sign_in_handler database_connection_pool_limit
            database_connection_timeout database_extra_connection_params
            database_socket_timeout database_type default_team_disabled
            disable_adding_master_key_hash_to_db disable_error_logs disable_master_key_return disable_prisma_schema_update
            disable_reset_budget disable_responses_id_security disable_retry_on_max_parallel_request_limit_error
            disable_spend_logs disable_spend_updates embedding_model enable_public_model_hub enforce_rbac
            forward_client_headers_to_llm_api forward_llm_provider_auth_headers forward_openai_org_id
            health_check_concurrency health_check_details health_check_ignore_transient_errors health_check_interval
            image_generation_model include_call_id_in_error_body infer_model_from_keys
            key_management_settings key_management_system litellm_jwtauth litellm_license max_queued_requests_per_worker
            maximum_spend_logs_cleanup_cron maximum_spend_logs_retention_interval maximum_spend_logs_retention_period
            mcp_client_side_auth_header_name mcp_internal_ip_ranges moderation_model oauth2_config_mappings
            pass_through_endpoints pass_through_request_timeout proxy_batch_polling_interval proxy_batch_write_at
            proxy_budget_rescheduler_max_time proxy_budget_rescheduler_min_time role_permissions search_tools
            service_account_settings spend_report_frequency store_model_in_db store_prompts_in_spend_logs
            supported_db_objects token_rate_limit_type ui_access_mode use_aws_secret_manager use_azure_key_vault
            use_client_credentials_pass_through_routes use_google_kms use_redis_transaction_buffer
            use_shared_health_check use_x_forwarded_for user_api_key_cache_max_size
            user_api_key_cache_ttl user_header_mappings user_header_name user_mcp_management_mode
            """),
        unenforced: words("""
            admin_only_routes allowed_ips allowed_routes custom_auth enable_jwt_auth enable_oauth2_auth
            enable_oauth2_proxy_auth enforce_user_param enforced_params max_in_flight_requests_per_worker
            max_response_size_mb public_routes reject_clientside_metadata_tags
            """))

    /// `2K` of `output_cost_per_image_2K`; empty where nothing stands behind the last `_`. `nil` for
    /// other keys, LiteLLM's prices by quality, size and token among them.
    static func resolution(pricedBy key: String) -> String? {
        let prefix = "output_cost_per_image_"
        guard key.hasPrefix(prefix) else { return nil }
        let rest = key.dropFirst(prefix.count)
        return rest == "token" || rest == "premium_image" || rest.hasPrefix("above_") ? nil : String(rest)
    }

    /// Letters from which on a key that may be anybody's is taken for a slip: many words of four are
    /// two edits apart.
    static let shortestSlip = 5

    /// Every price of LiteLLM's table that is not honoured.
    private static let costs = ["cache_creation_", "cache_read_", "input_cost_per_", "output_cost_per_"]

    private static func words(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
